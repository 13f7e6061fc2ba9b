import { readFileSync, readdirSync } from 'fs';
import * as path from 'path';
import { pythonWith } from './python';

/** What CloudFormation's registry says of a resource type, as far as it is used here. */
export interface RegistrySchema {
  readonly typeName: string;
  readonly createOnlyProperties?: readonly string[];
  readonly handlers?: Record<string, { readonly permissions?: readonly string[] }>;
}

/** The schemas of the registry by type, as cfn-lint brings them along, with their date. */
export function registrySchemas(): { schemas: Record<string, () => RegistrySchema>; date: string } {
  const python = pythonWith('cfn-lint==1.58.0');
  const lib = path.join(path.dirname(python), '..', 'lib');
  const folder = path.join(lib, readdirSync(lib)[0], 'site-packages', 'cfnlint', 'data', 'schemas');
  const read = (...file: string[]) => JSON.parse(readFileSync(path.join(folder, ...file), 'utf8'));
  const files: Record<string, string> = read('providers', 'us-east-1.json');
  const schemas = Object.fromEntries(
    Object.entries(files).map(([type, file]) => [type, () => read('resources', `${file}.json`) as RegistrySchema]),
  );
  return { schemas, date: read('version.json').schema_date };
}
