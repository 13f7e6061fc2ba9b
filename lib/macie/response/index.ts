export * from './finding-response';
export * from './member-response-role';
export * from './quarantine-bucket';
export * from './response-hub';
export * from './response-step';
