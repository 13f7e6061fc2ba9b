import { CLUSTER } from '../msk/cluster-facts';
import { connectionProblems, isConnected } from '../msk/connectivity-facts';
import type { Problem, Rule } from '../rule';

const PIPELINE = 'AWS::OSIS::Pipeline';
const BODY = 'PipelineConfigurationBody';
const SOURCES = [
  'https://docs.aws.amazon.com/opensearch-service/latest/developerguide/configure-client-msk.html',
  'https://docs.aws.amazon.com/msk/latest/developerguide/aws-access-mult-vpc.html',
];

export const osisConnectivity: Rule = {
  id: 'OSIS-MSK-CONNECTIVITY',
  title: 'The cluster of a pipeline of OpenSearch Ingestion has multi-VPC connectivity for IAM',
  remedy: 'Turn multi-VPC connectivity on for IAM once the cluster is there: it is refused at creation',
  basis: 'service',
  severity: 'warning',
  appliesTo: [PIPELINE],
  sources: SOURCES,
  check(pipeline, facts) {
    const cluster = pipeline.target(BODY);
    if (cluster?.type !== CLUSTER || isConnected(cluster, 'SASL_IAM', facts)) {
      return [];
    }
    const message = `multi-VPC connectivity of ${cluster.logicalId} is off for SASL_IAM, as far as the template says`;
    return [{ path: BODY, message, fix: 'turn it on after the cluster is created, and before the pipeline' }];
  },
};

export const osisCluster: Rule = {
  id: 'OSIS-MSK-CLUSTER',
  title: 'The cluster of a pipeline of OpenSearch Ingestion lets IAM clients in and can be connected to',
  remedy: 'Use a cluster with IAM, Kafka 2.7.1 or later and brokers larger than kafka.t3.small',
  basis: 'service',
  severity: 'error',
  appliesTo: [PIPELINE],
  sources: SOURCES,
  check(pipeline) {
    const cluster = pipeline.target(BODY);
    if (cluster?.type !== CLUSTER) {
      return [];
    }
    return cluster.off('ClientAuthentication.Sasl.Iam.Enabled')
      ? [{ path: BODY, message: `${cluster.logicalId} does not let clients in by IAM`, fix: 'turn IAM on' }]
      : connectionProblems(cluster, BODY);
  },
};

export const osisUnits: Rule = {
  id: 'OSIS-MSK-UNITS',
  title: 'A pipeline of OpenSearch Ingestion has 1 to 96 compute units, the least no more than the most',
  remedy: 'Use numbers from 1 to 96',
  basis: 'service',
  severity: 'error',
  appliesTo: [PIPELINE],
  sources: [
    'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-osis-pipeline.html',
    'https://docs.aws.amazon.com/opensearch-service/latest/developerguide/osis-scaling.html',
  ],
  check(pipeline) {
    const problems: Problem[] = [];
    const [least, most] = ['MinUnits', 'MaxUnits'].map((path) => {
      const value = pipeline.number(path);
      if (value !== undefined && (value < 1 || value > 96)) {
        problems.push({ path, message: `${path} is ${value}`, fix: 'use a number from 1 to 96' });
      }
      return value;
    });
    if (least !== undefined && most !== undefined && least > most) {
      const message = `there are at least ${least} compute units and at most ${most}`;
      problems.push({ path: 'MinUnits', message, fix: 'let the least be no more than the most' });
    }
    return problems;
  },
};
