export * from './aws';
export * from './job';
export * from './tables';
export * from './payments';
