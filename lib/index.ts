export * from './cluster';
export * from './connect';
export * from './consumer';
export * from './macie';
export * from './monitoring';
export * from './producer';
export * from './topic';
export * from './validation';
