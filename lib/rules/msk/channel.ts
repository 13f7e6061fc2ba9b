import type { ResourceFact } from '../facts';
import { listing, show } from '../rule';
import type { Problem, Rule } from '../rule';
import { SERVERLESS_CLUSTER, brokerClass, mskGuide, templateReference } from './cluster-facts';

const CHANNEL = 'AWS::MSK::Channel';
const REFERENCE = templateReference('aws-resource-msk-channel');
const GUIDE = mskGuide('msk-data-delivery');
const SUPPORTED = mskGuide('msk-data-delivery-supported-configs');

const S3 = 'S3DestinationConfiguration';
const ICEBERG = 'IcebergDestinationConfiguration';
const TABLE = `${ICEBERG}.DestinationTableList.0`;
const CONVERTER = 'TopicConfigurationList.0.RecordConverter.ValueConverter';
const SCHEMA = 'TopicConfigurationList.0.RecordSchema';

export const channelName: Rule = {
  id: 'MSK-CHANNEL-NAME',
  title: 'The name of a channel has 1 to 64 letters, digits, dots, underscores and hyphens',
  remedy: 'Rename the channel before it exists: a later change of the name replaces it',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [REFERENCE],
  check(channel) {
    const name = channel.text('ChannelName');
    if (name === undefined || /^[a-zA-Z0-9._-]{1,64}$/.test(name)) {
      return [];
    }
    const message = `the channel name ${show(name)} is refused`;
    const fix = 'use 1 to 64 letters, digits, dots, underscores and hyphens';
    return [{ path: 'ChannelName', message, fix }];
  },
};

export const channelCluster: Rule = {
  id: 'MSK-CHANNEL-CLUSTER',
  title: 'The cluster of a channel has express brokers',
  remedy: 'Use a cluster with express brokers; for others use Amazon Data Firehose or a connector',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [GUIDE],
  check(channel) {
    const path = 'ClusterArn';
    const fix = 'use a cluster with express brokers';
    const cluster = channel.target(path);
    const kind = cluster?.type === SERVERLESS_CLUSTER ? 'SERVERLESS' : cluster && brokerClass(cluster);
    if (channel.absent(path)) {
      return [{ path, message: 'a channel needs the ARN of its cluster', fix }];
    }
    return kind === 'SERVERLESS' || kind === 'STANDARD'
      ? [{ path, message: `the cluster is ${kind.toLowerCase()}, and channels deliver from express brokers only`, fix }]
      : [];
  },
};

export const channelDestination: Rule = {
  id: 'MSK-CHANNEL-DESTINATION',
  title: 'A channel delivers one topic to one destination, S3 or Iceberg, and what fails to a bucket',
  remedy: 'Name one topic, one destination and its dead-letter bucket; use another channel for another destination',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [REFERENCE, GUIDE],
  check(channel) {
    const problems: Problem[] = [];
    const topics = channel.list('TopicConfigurationList');
    if (topics !== undefined && topics.length !== 1) {
      const message = `a channel is given ${topics.length} topics`;
      problems.push({ path: 'TopicConfigurationList', message, fix: 'use exactly one' });
    }
    const both = channel.present(S3) && channel.present(ICEBERG);
    if (both || (channel.absent(S3) && channel.absent(ICEBERG))) {
      const message = `a channel is given ${both ? 'both destinations' : 'no destination'}`;
      problems.push({ path: both ? ICEBERG : S3, message, fix: `use ${S3} or ${ICEBERG}` });
    }
    for (const path of [S3, ICEBERG].filter((each) => channel.present(each))) {
      for (const member of ['BucketArn', 'ErrorOutputPrefix']) {
        const at = `${path}.DeadLetterQueueS3.${member}`;
        if (channel.absent(at)) {
          problems.push({ path: at, message: `${member} of the dead-letter bucket is missing`, fix: 'set it' });
        }
      }
    }
    return problems;
  },
};

function freshness(channel: ResourceFact): { readonly path: string; readonly seconds: number } | undefined {
  const path = [S3, ICEBERG].map((each) => `${each}.DataFreshnessInSeconds`).find((each) => channel.present(each));
  const seconds = path === undefined ? undefined : channel.number(path);
  return path === undefined || seconds === undefined ? undefined : { path, seconds };
}

export const channelFreshness: Rule = {
  id: 'MSK-CHANNEL-FRESHNESS',
  title: 'Data of a channel arrives within 60 to 900 seconds',
  remedy: 'Use 300 to 900 seconds',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [REFERENCE],
  check(channel) {
    const found = freshness(channel);
    if (found === undefined || (found.seconds >= 60 && found.seconds <= 900)) {
      return [];
    }
    return [{ path: found.path, message: `a freshness of ${found.seconds} seconds is refused`, fix: 'use 300 to 900' }];
  },
};

export const channelFreshnessFloor: Rule = {
  id: 'MSK-CHANNEL-FRESHNESS-FLOOR',
  title: 'Data of a channel is not asked for within less than five minutes',
  remedy: 'Use 300 to 900 seconds: the service promises no less, though CloudFormation takes it',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CHANNEL],
  sources: [mskGuide('limits'), GUIDE],
  check(channel) {
    const found = freshness(channel);
    if (found === undefined || found.seconds < 60 || found.seconds >= 300) {
      return [];
    }
    const message = `the service is not documented to deliver within ${found.seconds} seconds`;
    return [{ path: found.path, message, fix: 'use 300 to 900' }];
  },
};

export const channelTable: Rule = {
  id: 'MSK-CHANNEL-TABLE',
  title: 'A channel adds rows to one table that it makes itself, partitioned by the hour of one field or not at all',
  remedy: 'Leave all switches as the service has them, and name one table that does not exist yet',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [
    'https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-channels.html',
    templateReference('aws-properties-msk-channel-icebergdestinationconfiguration'),
  ],
  check(channel) {
    if (!channel.present(ICEBERG)) {
      return [];
    }
    const problems: Problem[] = [];
    const switches: [string, boolean][] = [
      ['AppendOnly', true],
      ['SchemaEvolution.EnableSchemaEvolution', false],
      ['TableCreation.EnableTableCreation', true],
    ];
    for (const [member, expected] of switches) {
      const path = `${ICEBERG}.${member}`;
      if (channel.absent(path) || channel.flag(path) === !expected) {
        problems.push({ path, message: `${member} is not ${expected}`, fix: `set it to ${expected}` });
      }
    }
    const tables = channel.list(`${ICEBERG}.DestinationTableList`);
    if (tables !== undefined && tables.length !== 1) {
      const message = `a channel is given ${tables.length} tables`;
      problems.push({ path: `${ICEBERG}.DestinationTableList`, message, fix: 'use exactly one' });
    }
    const spec = `${TABLE}.PartitionSpec`;
    const strategy = channel.text(`${spec}.PartitionStrategy`);
    if (strategy !== undefined && strategy !== 'TIME_HOUR') {
      const message = `there is no partition strategy ${show(strategy)}`;
      problems.push({ path: `${spec}.PartitionStrategy`, message, fix: 'use TIME_HOUR' });
    }
    const sources = channel.list(`${spec}.SourceList`);
    if (channel.present(spec) && (channel.absent(`${spec}.SourceList`) || (sources && sources.length !== 1))) {
      const message = `a table is partitioned by ${sources?.length ?? 0} fields`;
      problems.push({ path: `${spec}.SourceList`, message, fix: 'name exactly one, of the format date-time' });
    }
    return problems;
  },
};

export const channelConverter: Rule = {
  id: 'MSK-CHANNEL-CONVERTER',
  title: 'A channel reads values that its destination can take, with a schema where a table of plain JSON needs one',
  remedy: 'Use JSON, STRING or BYTE_ARRAY for S3, and for Iceberg JSON with a schema or JSON_SCHEMA_GSR without',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [SUPPORTED],
  check(channel) {
    const converter = channel.text(CONVERTER);
    if (converter === undefined) {
      return [];
    }
    const iceberg = channel.present(ICEBERG);
    if (iceberg === channel.present(S3)) {
      return [];
    }
    const known = iceberg ? ['JSON', 'JSON_SCHEMA_GSR'] : ['JSON', 'STRING', 'BYTE_ARRAY'];
    if (!known.includes(converter)) {
      const message = `a channel to ${iceberg ? 'Iceberg' : 'S3'} does not read ${show(converter)}`;
      return [{ path: CONVERTER, message, fix: `use one of ${listing(known)}` }];
    }
    if (iceberg && converter === 'JSON' && channel.absent(SCHEMA)) {
      return [{ path: SCHEMA, message: 'a table of plain JSON needs a schema', fix: 'set GsrArn to that of a schema' }];
    }
    if (iceberg && converter === 'JSON_SCHEMA_GSR' && channel.present(SCHEMA)) {
      return [{ path: SCHEMA, message: 'each record names its schema already', fix: 'leave RecordSchema out' }];
    }
    const arn = channel.text(`${SCHEMA}.GsrArn`);
    return arn === undefined || /^arn:[^:]+:glue:[^:]*:[^:]*:schema\//.test(arn)
      ? []
      : [{ path: `${SCHEMA}.GsrArn`, message: `${show(arn)} is not the ARN of a schema`, fix: 'use that of a schema' }];
  },
};

export const channelCatalog: Rule = {
  id: 'MSK-CHANNEL-CATALOG',
  title: 'The catalog of a channel to Iceberg is that of a table bucket in the Region of the channel',
  remedy: 'Use arn:PARTITION:glue:REGION:ACCOUNT:catalog/s3tablescatalog/TABLE_BUCKET',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [GUIDE, 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-integrating-aws.html'],
  check(channel) {
    const path = `${ICEBERG}.Catalog.CatalogArn`;
    const arn = channel.text(path);
    if (arn !== undefined && !/^arn:[^:]+:glue:[^:]+:[^:]+:catalog\/s3tablescatalog\/[^/]+$/.test(arn)) {
      const fix = 'use arn:PARTITION:glue:REGION:ACCOUNT:catalog/s3tablescatalog/TABLE_BUCKET';
      return [{ path, message: `${show(arn)} is not the catalog of a table bucket`, fix }];
    }
    const warehousePath = `${ICEBERG}.Catalog.WarehouseLocation`;
    const warehouse = channel.text(warehousePath);
    if (warehouse?.startsWith('arn:') && !/^arn:[^:]+:s3tables:[^:]+:[^:]+:bucket\/[^/]+$/.test(warehouse)) {
      const message = `${show(warehouse)} is not the ARN of a table bucket`;
      return [{ path: warehousePath, message, fix: 'use a table bucket of S3 Tables' }];
    }
    return [path, warehousePath].flatMap((each) => {
      const region = channel.text(each)?.split(':')[3];
      return region === undefined || channel.region === undefined || region === channel.region
        ? []
        : [
            {
              path: each,
              message: `the table bucket is in ${region}, and the channel in ${channel.region}`,
              fix: `use a table bucket in ${channel.region}`,
            },
          ];
    });
  },
};

const SCHEMA_TYPE = 'AWS::Glue::Schema';

export const channelSchema: Rule = {
  id: 'MSK-CHANNEL-SCHEMA',
  title: 'A table of plain JSON has a JSON Schema, and is partitioned by a field that it describes as a date-time',
  remedy: 'Register the schema with the data format JSON, and describe the field with "format": "date-time"',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [SUPPORTED, mskGuide('msk-data-delivery-iceberg-schema-mapping')],
  check(channel, facts) {
    const schema = channel.target(`${SCHEMA}.GsrArn`);
    if (schema?.type !== SCHEMA_TYPE) {
      return [];
    }
    const format = schema.text('DataFormat');
    if (format !== undefined && format !== 'JSON') {
      const message = `${schema.logicalId} is a schema of ${format}`;
      return [{ path: `${SCHEMA}.GsrArn`, message, fix: 'use one with the DataFormat JSON' }];
    }
    const path = `${TABLE}.PartitionSpec.SourceList.0.SourceName`;
    const field = channel.text(path);
    const versions = [schema, ...facts.pointingAt(schema, `${SCHEMA_TYPE}Version`, 'Schema.SchemaArn')];
    if (field === undefined || versions.some((version) => mayBeTime(version.text('SchemaDefinition'), field))) {
      return [];
    }
    const message = `${schema.logicalId} does not describe the field ${show(field)} as a time`;
    return [{ path, message, fix: 'describe it with "format": "date-time", or partition by such a field' }];
  },
};

/** Unless a definition says otherwise in plain words, without references or combinations. */
function mayBeTime(definition: string | undefined, field: string): boolean {
  const properties = membersOf(membersOf(parsed(definition))?.properties);
  if (properties === undefined || field.includes('.')) {
    return true;
  }
  const described = field in properties ? membersOf(properties[field]) : {};
  return described === undefined || '$ref' in described || described.format === 'date-time';
}

function parsed(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined; // The registry refuses it by itself.
  }
}

function membersOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

const PLACEHOLDERS = [
  'channel-id',
  'topic-name',
  'partition-id',
  'kafka-offset',
  'sequence-number',
  'yyyy',
  'YY',
  'MM',
  'dd',
  'HH',
  'mm',
];

const LONGEST_KEY = 1024;

export const channelKeys: Rule = {
  id: 'MSK-CHANNEL-KEYS',
  title: 'The keys that a channel writes differ from each other, by a sequence number or an offset in their last part',
  remedy: 'End the template with !{sequence-number}, or with !{partition-id} and !{kafka-offset}',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [SUPPORTED],
  check(channel) {
    const [path, prefixPath] = [`${S3}.Storage.OutputKeyTemplate`, `${S3}.Storage.OutputPrefix`];
    const [template, prefix] = [channel.text(path), channel.text(prefixPath) ?? ''];
    if (prefix.length > LONGEST_KEY) {
      const message = `the prefix has ${prefix.length} characters`;
      return [{ path: prefixPath, message, fix: `use at most ${LONGEST_KEY}, together with the template` }];
    }
    const problem = template === undefined ? undefined : keyProblem(template, prefix);
    return problem === undefined ? [] : [{ path, ...problem }];
  },
};

function keyProblem(template: string, prefix: string): { message: string; fix: string } | undefined {
  const names = [...template.matchAll(/!\{([^}]*)\}/g)].map(([, name]) => name);
  const unknown = names.filter((name) => !PLACEHOLDERS.includes(name));
  if (unknown.length > 0) {
    return { message: `there is no placeholder !{${unknown[0]}}`, fix: `use ${listing(PLACEHOLDERS)}` };
  }
  const literals = template.replace(/!\{[^}]*\}/g, '');
  if (!/^[a-zA-Z0-9/_.+=-]*$/.test(literals) || /\.\.|\.\//.test(template)) {
    const message = `the template ${show(template)} holds what a key must not`;
    return {
      message,
      fix: 'use letters, digits and /_.+=- besides placeholders, no two dots and no dot before a slash',
    };
  }
  if (prefix.length + template.length > LONGEST_KEY) {
    return {
      message: `prefix and template have ${prefix.length + template.length} characters`,
      fix: `use at most ${LONGEST_KEY}`,
    };
  }
  const unique = names.filter((name) => name === 'sequence-number' || name === 'kafka-offset');
  const last = template.split('/').at(-1) ?? '';
  if (unique.length !== 1 || !last.includes(`!{${unique[0]}}`)) {
    const message = `the template ${show(template)} does not end in exactly one of sequence number and offset`;
    return { message, fix: 'put !{sequence-number} or !{kafka-offset} into its last part, once' };
  }
  return unique[0] === 'kafka-offset' && !names.includes('partition-id')
    ? { message: 'offsets repeat from partition to partition', fix: 'add !{partition-id}' }
    : undefined;
}

const CHOICES: [string, string[]][] = [
  [`${S3}.Storage.CompressionType`, ['NONE', 'GZIP', 'ZSTD']],
  [`${S3}.Storage.StorageClass`, ['STANDARD', 'INTELLIGENT_TIERING', 'GLACIER_IR']],
  [`${ICEBERG}.CompressionType`, ['ZSTD', 'SNAPPY']],
];

export const channelStorage: Rule = {
  id: 'MSK-CHANNEL-STORAGE',
  title: 'A channel compresses and stores as its destination can',
  remedy: 'Use a compression and a storage class of the destination',
  basis: 'service',
  severity: 'error',
  appliesTo: [CHANNEL],
  sources: [
    templateReference('aws-properties-msk-channel-s3storage'),
    templateReference('aws-properties-msk-channel-icebergdestinationconfiguration'),
  ],
  check(channel) {
    return CHOICES.flatMap(([path, known]) => {
      const value = channel.text(path);
      return value === undefined || known.includes(value)
        ? []
        : [{ path, message: `a channel knows no ${show(value)} here`, fix: `use one of ${listing(known)}` }];
    });
  },
};

export const channelLogging: Rule = {
  id: 'MSK-CHANNEL-LOGGING',
  title: 'A channel logs, from the first day',
  remedy: 'Name a destination of logs: it cannot be added later without replacing the channel',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CHANNEL],
  sources: [mskGuide('msk-data-delivery-iceberg-logging'), REFERENCE],
  check(channel) {
    const on = ['CloudWatchLogs', 'S3', 'Firehose'].some((kind) => !channel.off(`LoggingInfo.${kind}.Enabled`));
    const message = 'nobody will see why records do not arrive';
    return on ? [] : [{ path: 'LoggingInfo', message, fix: 'deliver the logs somewhere' }];
  },
};
