import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What can be asked of a cluster. */
export const CAPABILITIES = [
  'grants',
  'topic',
  'topic, replication by zones',
  'broker string',
  'default port',
  'rule for pollers',
  'Lambda consumer',
] as const;

export type Capability = (typeof CAPABILITIES)[number];

/** `works`, `error` with the words that its message names, or `warning` with its id. */
export type Outcome = string;

const WORKS = 'works';
const ZONES = 'error: `subnets`, `replicationFactor`';
const GROUPS = 'error: `securityGroups`';
const NETWORK = 'error: `securityGroups`, `vpc`, `subnets`';
const VPC = 'error: `vpc`, `subnets`';
const ONLY_VPC = 'error: `vpc`';
const ASKS = 'warning: `MSK-POLLER-ACCESS`';

function row(...outcomes: Outcome[]): Record<Capability, Outcome> {
  return Object.fromEntries(CAPABILITIES.map((capability, index) => [capability, outcomes[index]])) as Record<
    Capability,
    Outcome
  >;
}

/** What each kind of cluster can do, by how it comes into the app; written by hand, and held against the code by a test. */
export const TABLE: Record<string, Record<Capability, Outcome>> = {
  ProvisionedCluster: row(WORKS, WORKS, WORKS, WORKS, WORKS, WORKS, WORKS),
  ServerlessCluster: row(WORKS, WORKS, WORKS, WORKS, WORKS, WORKS, WORKS),
  fromClusterArn: row(WORKS, WORKS, ZONES, WORKS, 'error: `securityGroups`, `authentication`', ASKS, GROUPS),
  'fromClusterAttributes: kind STANDARD': row(
    WORKS,
    WORKS,
    ZONES,
    WORKS,
    'error: `securityGroups`, `authentication`',
    ASKS,
    GROUPS,
  ),
  'fromClusterAttributes: kind SERVERLESS': row(WORKS, NETWORK, NETWORK, WORKS, GROUPS, ASKS, GROUPS),
  'fromClusterAttributes: kind STANDARD, securityGroups': row(
    WORKS,
    WORKS,
    ZONES,
    WORKS,
    'error: `authentication`',
    ASKS,
    ASKS,
  ),
  'fromClusterAttributes: kind STANDARD, authentication, securityGroups, subnets': row(
    WORKS,
    WORKS,
    WORKS,
    WORKS,
    WORKS,
    ASKS,
    ASKS,
  ),
  'fromClusterAttributes: kind STANDARD, authentication, securityGroups, subnets, addPollerRule': row(
    WORKS,
    WORKS,
    WORKS,
    WORKS,
    WORKS,
    WORKS,
    WORKS,
  ),
  'fromClusterAttributes: kind EXPRESS, authentication, securityGroups, subnets, addPollerRule': row(
    WORKS,
    WORKS,
    WORKS,
    WORKS,
    WORKS,
    WORKS,
    WORKS,
  ),
  'fromClusterAttributes: kind SERVERLESS, securityGroups, addPollerRule': row(
    WORKS,
    VPC,
    VPC,
    WORKS,
    WORKS,
    WORKS,
    WORKS,
  ),
  'fromClusterAttributes: of a cluster of @aws-cdk/aws-msk-alpha': row(WORKS, WORKS, ZONES, WORKS, WORKS, WORKS, WORKS),
  'fromCfnCluster: values': row(WORKS, WORKS, WORKS, WORKS, WORKS, WORKS, WORKS),
  'fromCfnCluster: tokens': row(
    WORKS,
    WORKS,
    ZONES,
    WORKS,
    'error: `securityGroups`, `authentication`',
    GROUPS,
    GROUPS,
  ),
  fromCfnServerlessCluster: row(WORKS, ONLY_VPC, ONLY_VPC, WORKS, WORKS, WORKS, WORKS),
};

const PAGE = join(__dirname, '..', '..', 'docs', 'capabilities.md');

/** The page as it is. */
export function page(): string {
  return readFileSync(PAGE, 'utf8');
}

/** The page as the table makes it. */
export function renderPage(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = Object.entries(TABLE).map(([name, outcomes]) => {
    const [factory, given] = name.split(': ');
    return line([given ? `\`${factory}\`: ${given}` : `\`${factory}\``, ...Object.values(outcomes)]);
  });
  return `# What a cluster can do

Every cluster is an \`IMskCluster\`, whether this app creates it or not. What can be done with it depends on what is known of it: whoever needs something unknown says which attribute to give, at synth. The table is checked by a test; \`node --import tsx test/cluster/capabilities.ts\` writes it.

- **works**: nothing else is needed.
- **error**: synth stops; the message names what is listed.
- **warning**: synth goes on; the warning has this id. It asks who adds the rule by which the cluster's security group admits the pollers of AWS Lambda and Amazon EventBridge Pipes: say so with \`addPollerRule\`.

${line(['cluster', ...CAPABILITIES])}
${line(['cluster', ...CAPABILITIES].map(() => '---'))}
${rows.join('\n')}

A topic of a serverless cluster is made by a function in the cluster's VPC (\`docs/guide/topics.md\`), which therefore has to be known; grants and consumers work on it as on any other.
`;
}

if (require.main === module) {
  writeFileSync(PAGE, renderPage());
}
