import type { ResourceFact } from '../facts';
import { CLUSTER, SERVERLESS_CLUSTER } from '../msk/cluster-facts';
import { connectionProblems, isConnected } from '../msk/connectivity-facts';
import { show } from '../rule';
import type { Problem, Rule } from '../rule';

const STREAM = 'AWS::KinesisFirehose::DeliveryStream';
const SOURCE = 'MSKSourceConfiguration';
const SINKS = ['ExtendedS3DestinationConfiguration', 'IcebergDestinationConfiguration'];

function firehoseGuide(page: string): string {
  return `https://docs.aws.amazon.com/firehose/latest/dev/${page}.html`;
}

/** The cluster of a stream that Firehose reaches by a connection of its own. */
function privateSource(stream: ResourceFact): ResourceFact | undefined {
  return stream.text(`${SOURCE}.AuthenticationConfiguration.Connectivity`) === 'PRIVATE'
    ? stream.target(`${SOURCE}.MSKClusterARN`)
    : undefined;
}

export const firehoseConnectivity: Rule = {
  id: 'FIREHOSE-MSK-CONNECTIVITY',
  title: 'The cluster of a stream with private connectivity has multi-VPC connectivity for IAM',
  remedy: 'Turn multi-VPC connectivity on for IAM once the cluster is there: it is refused at creation',
  basis: 'service',
  severity: 'warning',
  appliesTo: [STREAM],
  sources: [firehoseGuide('writing-with-msk'), firehoseGuide('controlling-access')],
  check(stream, facts) {
    const cluster = privateSource(stream);
    if (cluster?.type !== CLUSTER || isConnected(cluster, 'SASL_IAM', facts)) {
      return [];
    }
    const message = `multi-VPC connectivity of ${cluster.logicalId} is off for SASL_IAM, as far as the template says`;
    const fix = 'turn it on after the cluster is created, and before the stream, or use public connectivity';
    return [{ path: `${SOURCE}.MSKClusterARN`, message, fix }];
  },
};

export const firehoseCluster: Rule = {
  id: 'FIREHOSE-MSK-CLUSTER',
  title: 'The cluster of a stream lets IAM clients in and, for private connectivity, can be connected to',
  remedy: 'Use a cluster with IAM, Kafka 2.7.1 or later and brokers larger than kafka.t3.small',
  basis: 'service',
  severity: 'error',
  appliesTo: [STREAM],
  sources: [
    firehoseGuide('writing-with-msk'),
    'https://docs.aws.amazon.com/msk/latest/developerguide/aws-access-mult-vpc.html',
  ],
  check(stream) {
    const path = `${SOURCE}.MSKClusterARN`;
    const cluster = stream.target(path);
    if (cluster?.type !== CLUSTER) {
      return [];
    }
    if (cluster.off('ClientAuthentication.Sasl.Iam.Enabled')) {
      return [{ path, message: `${cluster.logicalId} does not let clients in by IAM`, fix: 'turn IAM on' }];
    }
    return privateSource(stream) === undefined ? [] : connectionProblems(cluster, path);
  },
};

export const firehoseIceberg: Rule = {
  id: 'FIREHOSE-MSK-ICEBERG',
  title: 'A serverless cluster is no source of a stream into an Iceberg table',
  remedy: 'Deliver to S3, or read the cluster with AWS Glue or Apache Flink',
  basis: 'service',
  severity: 'error',
  appliesTo: [STREAM],
  sources: [firehoseGuide('apache-iceberg-considerations')],
  check(stream) {
    return stream.present('IcebergDestinationConfiguration') &&
      stream.target(`${SOURCE}.MSKClusterARN`)?.type === SERVERLESS_CLUSTER
      ? [
          {
            path: 'IcebergDestinationConfiguration',
            message: 'a serverless cluster is delivered to no Iceberg table',
            fix: 'deliver to S3, or use a provisioned cluster',
          },
        ]
      : [];
  },
};

export const firehoseBuffer: Rule = {
  id: 'FIREHOSE-MSK-BUFFER',
  title: 'A stream from a topic gathers records for 60 to 900 seconds, and 1 to 128 MiB',
  remedy: 'Use numbers within these ranges',
  basis: 'service',
  severity: 'error',
  appliesTo: [STREAM],
  sources: [firehoseGuide('limits')],
  check(stream) {
    if (!stream.present(SOURCE)) {
      return [];
    }
    const ranges = { IntervalInSeconds: [60, 900], SizeInMBs: [1, 128] } as const;
    const problems: Problem[] = [];
    for (const sink of SINKS) {
      for (const [name, [least, most]] of Object.entries(ranges)) {
        const path = `${sink}.BufferingHints.${name}`;
        const value = stream.number(path);
        if (value !== undefined && (value < least || value > most)) {
          problems.push({ path, message: `${name} is ${value}`, fix: `use a number from ${least} to ${most}` });
        }
      }
    }
    return problems;
  },
};

export const firehosePrefix: Rule = {
  id: 'FIREHOSE-MSK-PREFIX',
  title:
    'Where keys are named by expressions, errors have a prefix with the kind of the error; endings begin with a dot',
  remedy: 'Use !{firehose:error-output-type} in the prefix for errors, and nowhere else',
  basis: 'service',
  severity: 'error',
  appliesTo: [STREAM],
  sources: [firehoseGuide('s3-prefixes')],
  check(stream) {
    const [sink] = SINKS;
    const prefix = stream.text(`${sink}.Prefix`);
    const errors = stream.text(`${sink}.ErrorOutputPrefix`);
    const extension = stream.text(`${sink}.FileExtension`);
    const problems: Problem[] = [];
    if (prefix?.includes('!{firehose:error-output-type}')) {
      const message = `the prefix ${show(prefix)} names the kind of an error`;
      problems.push({ path: `${sink}.Prefix`, message, fix: 'keep that for ErrorOutputPrefix' });
    }
    const unnamed =
      stream.absent(`${sink}.ErrorOutputPrefix`) || errors?.includes('!{firehose:error-output-type}') === false;
    if (prefix?.includes('!{') && unnamed) {
      const message = `the prefix ${show(prefix)} has expressions, and the one for errors does not name their kind`;
      problems.push({ path: `${sink}.ErrorOutputPrefix`, message, fix: 'use !{firehose:error-output-type} in it' });
    }
    if (extension !== undefined && !/^(\.[0-9a-z!\-_.*'()]+)?$/.test(extension)) {
      const message = `the ending ${show(extension)} is refused`;
      problems.push({ path: `${sink}.FileExtension`, message, fix: 'use a dot and small letters, like .json.gz' });
    }
    return problems;
  },
};
