export { Content } from './content';
export { principalOf, S3Model } from './server';
export type { Right } from './server';
export { Bucket } from './state';
export type { Version } from './state';
