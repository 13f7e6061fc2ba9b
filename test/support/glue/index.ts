export * from './aws';
export * from './job';
export * from './tables';
