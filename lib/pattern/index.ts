export * from './stream-landing';
