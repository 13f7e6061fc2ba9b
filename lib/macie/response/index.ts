export * from './finding-response';
export * from './response-hub';
export * from './response-step';
