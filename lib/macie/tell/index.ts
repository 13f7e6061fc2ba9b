export * from './finding-digest';
export * from './finding-message-options';
export * from './finding-messages';
export * from './job-status-events';
