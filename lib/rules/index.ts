export * from './catalogue';
export * from './evaluate';
export * from './facts';
export * from './msk-data';
export * from './refused-changes';
export * from './replacement';
export { UNKNOWN } from './resolve';
export * from './rule';
