export * from './macie-delegated-administrator';
export * from './macie-organization';
