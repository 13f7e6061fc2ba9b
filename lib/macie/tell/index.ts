export * from './finding-canary';
export * from './finding-digest';
export * from './finding-message-options';
export * from './finding-messages';
export * from './finding-reconciliation';
export * from './job-status-events';
export * from './macie-coverage';
export * from './response-health';
