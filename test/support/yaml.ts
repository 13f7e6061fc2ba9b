import { createRequire } from 'node:module';

/** The parser that the CDK brings along. */
export function parsedYaml(text: string): any {
  const ofCdk = createRequire(createRequire(__filename).resolve('aws-cdk-lib'));
  return ofCdk('yaml').parse(text);
}
