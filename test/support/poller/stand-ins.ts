import type { ClusterIdentity, KnownValues, Template, TestKafka } from '../kafka';

type Values = Record<string, unknown>;

/** Whose stack it is, and what its clients are told to reach. */
type Place = Pick<TestKafka, 'identity'> & Partial<Pick<TestKafka, 'bootstrap'>>;

/**
 * Names and ARNs for the resources of a template, as CloudFormation would have made them up. A kind that is not here stays
 * unknown, so that nothing is taken for what it is not.
 */
export function standIns(template: Template, place: Place): Required<Pick<KnownValues, 'refs' | 'attributes'>> {
  const refs: Values = {};
  const attributes: Values = {};
  for (const [id, { Type, Properties = {} }] of Object.entries(template.Resources)) {
    const { ref, ...rest } = KINDS[Type]?.(id, place.identity, place, Properties) ?? {};
    if (ref !== undefined) {
      refs[id] = ref;
    }
    Object.entries(rest).forEach(([name, value]) => (attributes[`${id}.${name}`] = value));
  }
  return { refs, attributes };
}

const KINDS: Record<string, (id: string, identity: ClusterIdentity, place: Place, properties: Values) => Values> = {
  'AWS::DynamoDB::Table': (id, identity) => ({ ref: id, Arn: arn(identity, 'dynamodb', `table/${id}`) }),
  'AWS::EC2::SecurityGroup': (id) => ({ ref: id, GroupId: id }),
  'AWS::EC2::Subnet': (id) => ({ ref: id }),
  'AWS::EC2::VPC': (id) => ({ ref: id }),
  'AWS::Glue::Connection': (id) => ({ ref: id }),
  'AWS::Glue::Database': (_, __, ___, { DatabaseInput }) => ({ ref: (DatabaseInput as Values).Name }),
  'AWS::IAM::Role': (id, { partition, account }) => ({ ref: id, Arn: `arn:${partition}:iam::${account}:role/${id}` }),
  'AWS::Kinesis::Stream': (id, identity) => ({ ref: id, Arn: arn(identity, 'kinesis', `stream/${id}`) }),
  'AWS::KMS::Key': (id, identity) => ({ ref: id, Arn: arn(identity, 'kms', `key/${id}`) }),
  'AWS::Lambda::Function': (id, identity) => ({ ref: id, Arn: arn(identity, 'lambda', `function:${id}`) }),
  'AWS::Logs::LogGroup': (id, identity) => ({ ref: id, Arn: arn(identity, 'logs', `log-group:${id}:*`) }),
  'AWS::S3::Bucket': (id, { partition }) => ({
    ref: id.toLowerCase(),
    Arn: `arn:${partition}:s3:::${id.toLowerCase()}`,
  }),
  'AWS::SecretsManager::Secret': (id, identity) => ({ ref: arn(identity, 'secretsmanager', `secret:${id}-AbCdEf`) }),
  'AWS::SNS::Topic': (id, identity) => ({ ref: arn(identity, 'sns', id) }),
  'AWS::SQS::Queue': (id, identity) => ({
    ref: `https://sqs.${identity.region}.amazonaws.com/${identity.account}/${id}`,
    Arn: arn(identity, 'sqs', id),
    QueueName: id,
  }),
  'AWS::StepFunctions::StateMachine': (id, identity) => ({ ref: arn(identity, 'states', `stateMachine:${id}`) }),
  'Custom::MskBootstrapBrokers': (_, __, { bootstrap }) => ({
    BootstrapBrokerString: bootstrap?.plaintext,
    BootstrapBrokerStringTls: bootstrap?.tls,
    BootstrapBrokerStringSaslScram: bootstrap?.scram,
    BootstrapBrokerStringSaslIam: bootstrap?.iam,
  }),
};

function arn({ partition, region, account }: ClusterIdentity, service: string, name: string): string {
  return `arn:${partition}:${service}:${region}:${account}:${name}`;
}
