export * from './upload-gate';
