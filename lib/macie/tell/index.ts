export * from './finding-digest';
export * from './finding-message-options';
export * from './finding-messages';
