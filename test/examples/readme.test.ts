import { readFileSync } from 'fs';
import * as path from 'path';
import { REFERENCE_STACKS } from '../../examples';

const readme = readFileSync(path.join(__dirname, '../../examples/README.md'), 'utf8');

/** What the guide says of each stack, by its name. */
const sections = new Map(
  readme
    .split(/^## /m)
    .slice(1)
    .map((text): [string, string] => [text.slice(0, text.indexOf('\n')), text]),
);

test('the guide has a section for each reference stack, and no other', () => {
  expect([...sections.keys()].sort()).toEqual(Object.keys(REFERENCE_STACKS).sort());
});

test.each(Object.keys(REFERENCE_STACKS))(
  '%s: the guide says how to deploy it, how to try it, and how to be rid of it',
  (name) => {
    const section = sections.get(name);
    const parts = ['**What it shows.**', '**Deploy.**', '**Try it.**', '**Destroy.**'];
    expect(parts.filter((part) => !section?.includes(part))).toEqual([]);
    expect(section).toContain(`npx cdk deploy ${name}`);
    expect(section).toContain(`npx cdk destroy ${name}`);
  },
);
