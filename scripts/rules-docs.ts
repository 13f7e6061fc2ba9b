import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MSK_DATA_AS_OF, RULES } from '../lib/rules';
import type { Rule } from '../lib/rules';

// Writes docs/rules.md from the catalogue; with --check only says whether the page is current.

const PAGE = join(__dirname, '..', 'docs', 'rules.md');

const INTRODUCTION = `# Rules

What is checked at synth, by resource. This page is written by \`scripts/rules-docs.ts\` from the rules themselves; facts about Amazon MSK are as of ${MSK_DATA_AS_OF}.

- An **error** stands for a deployment that is known to fail, and stops the synth. A **warning** stands for something that fails silently or not for sure.
- A rule of the basis **structure** leaves no choice. A rule of the basis **service** says what AWS refuses today, and can be ignored once AWS has moved.
- A value that cannot be known before the deployment (a parameter, an attribute, a lookup still to be made) is never reported.

A rule of the basis service is ignored by its id in the context:

\`\`\`json
{ "context": { "cdk-msk-macie:ignore": ["MSK-CLUSTER-BROKER-SIZE"] } }
\`\`\`

A warning is acknowledged where it is raised:

\`\`\`ts
import { Validations } from 'aws-cdk-lib';
import type { ProvisionedCluster } from 'cdk-msk-macie';

declare const cluster: ProvisionedCluster;
Validations.of(cluster).acknowledge({ id: 'cdk-msk-macie:MSK-CLUSTER-VERSION-SUPPORT', reason: 'upgrade planned' });
\`\`\`
`;

function section(resource: string, rules: Rule[]): string {
  const rows = rules.map((rule) => {
    const sources = rule.sources.map((url, i) => `[${i + 1}](${url})`).join(' ');
    const cells = [`\`${rule.id}\``, rule.severity, rule.basis, rule.title, rule.remedy, sources];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  const header = '| id | severity | basis | what holds | what to do | sources |\n| --- | --- | --- | --- | --- | --- |';
  return `## ${resource}\n\n${header}\n${rows.join('\n')}\n`;
}

function page(): string {
  const byResource = new Map<string, Rule[]>();
  for (const rule of RULES) {
    const resource = rule.appliesTo.map((type) => `\`${type}\``).join(', ');
    byResource.set(resource, [...(byResource.get(resource) ?? []), rule]);
  }
  return [INTRODUCTION, ...[...byResource].map(([resource, rules]) => section(resource, rules))].join('\n');
}

const text = page();
if (process.argv.includes('--check')) {
  if (readFileSync(PAGE, 'utf8') !== text) {
    console.error('docs/rules.md is stale: run `node --import tsx scripts/rules-docs.ts`');
    process.exitCode = 1;
  }
} else {
  writeFileSync(PAGE, text);
}
