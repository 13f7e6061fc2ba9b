import { Duration, Validations } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { ClientIdentity, ConsumerMetrics, IKafkaConsumer, IMskCluster } from '../cluster';
import { acceptIdentity } from '../cluster/client-identity';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import type { IKafkaTopic } from '../topic';
import { FlinkApplication } from './flink-application';
import type { FlinkApplicationOptions } from './flink-application-options';
import { clientProperties } from './flink-client-properties';
import { MAX_GROUPS, MAX_PROPERTIES, MAX_VALUE, requireTopics } from './flink-limits';
import { FlinkRunner } from './flink-runner';
import { FlinkRuntime } from './flink-runtime';
import type { FlinkSqlScript, FlinkSqlStatement } from './flink-sql-script';

/** Where a consumer group begins that has committed nothing yet. */
export enum FlinkStartingPosition {
  /** With the oldest record there is. */
  EARLIEST = 'earliest',

  /** With what arrives from then on. */
  LATEST = 'latest',
}

/** Properties of Flink SQL over topics. */
export interface FlinkSqlProps extends FlinkApplicationOptions {
  /** The SQL. An edit changes the application in place; what of the state fits the new job is kept. */
  readonly sql: FlinkSqlScript;

  /**
   * The topics that it reads, by a name of your choice: `${source.NAME}` in the `WITH` of a table stands for the options
   * that lead to the topic, `connector` and all.
   *
   * @default - none
   */
  readonly sources?: Record<string, IKafkaTopic>;

  /**
   * The topics that it writes, by a name of your choice: `${sink.NAME}` in the `WITH` of a table stands for the options
   * that lead to the topic.
   *
   * @default - none
   */
  readonly sinks?: Record<string, IKafkaTopic>;

  /**
   * What other `${name}`s stand for. Values may be tokens. Everybody who may describe the application can read them: they
   * are no place for secrets.
   *
   * @default - none
   */
  readonly variables?: Record<string, string>;

  /**
   * Whether sinks write exactly once: in transactions, which end with a checkpoint. Who reads the result has to read
   * committed records only (`isolation.level=read_committed`).
   *
   * @default true
   */
  readonly exactlyOnce?: boolean;

  /**
   * Where the group begins when it has committed nothing yet.
   *
   * @default FlinkStartingPosition.EARLIEST
   */
  readonly startingPosition?: FlinkStartingPosition;

  /**
   * After how long without records a partition holds back no window any more. Records that come later still, with older
   * times, are left out of windows that were closed meanwhile.
   *
   * @default Duration.minutes(1)
   */
  readonly idleTimeout?: Duration;

  /**
   * The program that runs the SQL.
   *
   * @default FlinkRunner.bundled()
   */
  readonly runner?: FlinkRunner;

  /**
   * The version of Flink. Another version changes the application in place.
   *
   * @default FlinkRuntime.FLINK_2_3
   */
  readonly runtime?: FlinkRuntime;
}

/**
 * Flink SQL over topics, as an application of Managed Service for Apache Flink, without a program of yours.
 *
 * @see https://nightlies.apache.org/flink/flink-docs-release-2.2/docs/dev/table/sql/overview/
 */
@injectable
export class FlinkSql extends Construct implements iam.IGrantable, ec2.IConnectable, IKafkaConsumer {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FlinkSql';

  /** The application that runs the SQL. */
  public readonly application: FlinkApplication;

  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly consumerMetrics: ConsumerMetrics;

  constructor(scope: Construct, id: string, props: FlinkSqlProps) {
    super(scope, id);
    const { sources = {}, sinks = {}, exactlyOnce = true } = props;
    const runner = props.runner ?? FlinkRunner.bundled();
    const runtime = props.runtime ?? FlinkRuntime.FLINK_2_3;
    requireLine(this, runner, runtime);
    const [{ cluster }] = requireTopics(this, [...Object.values(sources), ...Object.values(sinks)]);
    const variables = this.variables(props, clientOptions(this, cluster, props.identity));
    for (const statement of props.sql._statements) {
      requireVariables(this, props.sql, statement, variables);
      warnOfTraps(this, props.sql, statement);
    }

    this.application = new FlinkApplication(this, 'Application', {
      ...props,
      runtime,
      code: runner._code(),
      sources: Object.values(sources),
      sinks: Object.values(sinks),
      transactionalIdPrefix: exactlyOnce ? transactionalIdPrefix(props) : undefined,
      propertyGroups: {
        ...statementGroups(this, props.sql._statements),
        variables,
        options: {
          'table.exec.source.idle-timeout': `${(props.idleTimeout ?? Duration.minutes(1)).toMilliseconds()} ms`,
          'table.local-time-zone': 'UTC',
        },
      },
    });
    this.connections = this.application.connections;
    this.grantPrincipal = this.application.grantPrincipal;
    this.consumerMetrics = this.application.consumerMetrics;
  }

  /** How many records the slowest partition of a source is behind. */
  public metricMaxOffsetLag(source: IKafkaTopic, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.application.metricMaxOffsetLag(source, options);
  }

  private variables(props: FlinkSqlProps, client: Record<string, string>): Record<string, string> {
    const { sources = {}, sinks = {}, variables = {}, exactlyOnce = true } = props;
    const taken = Object.keys(variables).find((name) => /^(source|sink)\.|^client$/.test(name));
    if (taken !== undefined) {
      throw validationError(
        'FlinkVariableTaken',
        `the variable '${taken}' is made here, like \`client\` and all that begin with \`source.\` or \`sink.\`: name yours ` +
          'differently',
        this,
      );
    }
    const topicOptions = (topic: IKafkaTopic) => ({ connector: 'kafka', topic: topic.topicName, ...client });
    const all: Record<string, string> = { ...variables, client: tableOptions(client) };
    for (const [name, topic] of Object.entries(sources)) {
      all[`source.${name}`] = tableOptions({
        ...topicOptions(topic),
        'properties.group.id': props.consumerGroup,
        'scan.startup.mode': 'group-offsets',
        'properties.auto.offset.reset': props.startingPosition ?? FlinkStartingPosition.EARLIEST,
        // Records of transactions that were aborted are none.
        'properties.isolation.level': 'read_committed',
      });
    }
    for (const [name, topic] of Object.entries(sinks)) {
      all[`sink.${name}`] = tableOptions({
        ...topicOptions(topic),
        ...(exactlyOnce
          ? {
              'sink.delivery-guarantee': 'exactly-once',
              'sink.transactional-id-prefix': transactionalIdPrefix(props) + name,
              // The most that brokers allow by default: a transaction that they end before a restart is lost data.
              'properties.transaction.timeout.ms': '900000',
            }
          : { 'sink.delivery-guarantee': 'at-least-once' }),
      });
    }
    return all;
  }
}

function transactionalIdPrefix({ consumerGroup }: FlinkSqlProps): string {
  return `${consumerGroup}-`;
}

/** What follows in a `WITH` clause. */
function tableOptions(options: Record<string, string>): string {
  return Object.entries(options)
    .map(([name, value]) => `'${name}' = '${value}'`)
    .join(', ');
}

/** What leads to the brokers, as table options. */
function clientOptions(scope: Construct, cluster: IMskCluster, given?: ClientIdentity): Record<string, string> {
  const identity = acceptIdentity(scope, cluster, given);
  if (identity.secret) {
    throw validationError(
      'FlinkSqlIdentity',
      `SQL has no way to a secret that does not show it to everybody who may describe the application, and ` +
        `${identity.mechanism} needs one: use ClientIdentity.iam(), or a FlinkApplication whose code reads the secret`,
      scope,
    );
  }
  const properties = {
    'bootstrap.servers': cluster.bootstrapBrokers.forIdentity(given),
    ...clientProperties(identity),
  };
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [`properties.${name}`, value]));
}

function requireLine(scope: Construct, runner: FlinkRunner, runtime: FlinkRuntime): void {
  const { _flinkMajor: line } = runner;
  if (line !== undefined && runtime.major !== undefined && runtime.major !== line) {
    throw validationError(
      'FLINK-RUNNER-LINE',
      `the bundled runner is for Flink ${line}, got ${runtime.name}: use FlinkRuntime.FLINK_2_2, or bring a runner with ` +
        'FlinkRunner.fromAsset()',
      scope,
    );
  }
}

function requireVariables(
  scope: Construct,
  sql: FlinkSqlScript,
  statement: FlinkSqlStatement,
  variables: Record<string, string>,
): void {
  for (const [, name] of statement.text.matchAll(/\$\{([^}]*)\}/g)) {
    if (!(name in variables)) {
      throw validationError(
        'FLINK-SQL-VARIABLE',
        `${sql._place(statement)} uses \`\${${name}}\`, and there is no such variable, only ${Object.keys(variables).join(', ')}`,
        scope,
      );
    }
  }
}

/** What Flink takes without a word and does not do. */
function warnOfTraps(scope: Construct, sql: FlinkSqlScript, statement: FlinkSqlStatement): void {
  const { text } = statement;
  const has = (option: string, value: string) => new RegExp(`'${option}'\\s*=\\s*'${value}'`, 'i').test(text);
  if (/'[\w.-]*ignore-parse-errors'\s*=\s*'true'/i.test(text)) {
    Validations.of(scope).addWarning(
      'cdk-msk-macie:FLINK-SQL-LOST-RECORDS',
      `${sql._place(statement)} ignores what can not be parsed: such records vanish without a trace, all of them where a ` +
        "timestamp ends in +00:00 instead of Z; take a doubtful column as STRING and convert it with TRY_CAST, or 'raw' as format",
    );
  }
  const isJson = has('(value\\.)?format', 'json');
  if (
    isJson &&
    text.includes('${sink.') &&
    /\bDECIMAL\b/i.test(text) &&
    !text.includes('encode.decimal-as-plain-number')
  ) {
    Validations.of(scope).addWarning(
      'cdk-msk-macie:FLINK-SQL-DECIMAL',
      `${sql._place(statement)} writes DECIMAL as JSON, which gives 2.731E+4 for 27310: add ` +
        "'json.encode.decimal-as-plain-number' = 'true'",
    );
  }
}

/** The statements by `number.line.part`, in as many groups and parts as the limits of the service ask for. */
function statementGroups(scope: Construct, statements: FlinkSqlStatement[]): Record<string, Record<string, string>> {
  const parts = statements.flatMap(({ number, line, text }) => {
    const count = Math.ceil(text.length / MAX_VALUE);
    return Array.from({ length: count }, (_, part): [string, string] => [
      `${padded(number, 3)}.${line}.${padded(part, 2)}`,
      text.slice(part * MAX_VALUE, (part + 1) * MAX_VALUE),
    ]);
  });
  // Beside those with the SQL there are three: variables, options, and what the application adds.
  const most = (MAX_GROUPS - 3) * MAX_PROPERTIES;
  if (parts.length > most) {
    throw validationError(
      'FLINK-SQL-SIZE',
      `the SQL takes ${parts.length} properties of ${MAX_VALUE} characters, and an application has room for ${most}`,
      scope,
    );
  }
  const groups: Record<string, Record<string, string>> = {};
  for (let from = 0; from < parts.length; from += MAX_PROPERTIES) {
    groups[`sql.${padded(from / MAX_PROPERTIES, 2)}`] = Object.fromEntries(parts.slice(from, from + MAX_PROPERTIES));
  }
  return groups;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
