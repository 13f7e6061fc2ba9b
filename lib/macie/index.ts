export * from './finding-pattern';
export * from './finding-rule';
export * from './finding-type';
export * from './macie-finding-events';
export * from './macie-session';
