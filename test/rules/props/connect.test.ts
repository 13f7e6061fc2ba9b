import type { Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  ClientAuthentication,
  ClientIdentity,
  ConnectorCapacity,
  ConnectPlugin,
  ConnectPluginCode,
  ConnectWorkerConfiguration,
  DeliveryLogs,
  KafkaConnectVersion,
  MskConnector,
} from '../../../lib';
import type {
  AutoscaledConnectorCapacityOptions,
  ConnectPluginProps,
  ConnectWorkerConfigurationProps,
  MskConnectorProps,
  ProvisionedConnectorCapacityOptions,
} from '../../../lib';
import { cluster, keepReportsQuiet } from '../../support/fixtures';
import { refuses } from './refused';
import type { Write } from './refused';

keepReportsQuiet();

const PLUGIN_ARN = 'arn:aws:kafkaconnect:eu-west-1:123456789012:custom-plugin/s3-sink/0a1b2c3d-1';
const WORKERS_ARN = PLUGIN_ARN.replace('custom-plugin', 'worker-configuration');

const revision = (pluginRevision: number) => (of: Stack) =>
  ConnectPlugin.fromPluginAttributes(of, 'Plugin', { pluginArn: PLUGIN_ARN, pluginRevision });
const connector =
  (props: Partial<MskConnectorProps> = {}, plugin = revision(1)): Write =>
  (of) =>
    new MskConnector(of, 'Archive', {
      plugin: plugin(of),
      connectorClass: 'org.example.Sink',
      kafkaConnectVersion: KafkaConnectVersion.V3_7_X,
      ...props,
      cluster: props.cluster ?? cluster(of),
    });
const admits =
  (...authentication: ClientAuthentication[]): Write =>
  (of) =>
    connector({ cluster: cluster(of, 'Orders', { authentication }) })(of);
const fixed = (options: ProvisionedConnectorCapacityOptions) =>
  connector({ capacity: ConnectorCapacity.provisioned(options) });
const scaled = (options: Partial<AutoscaledConnectorCapacityOptions>) =>
  connector({ capacity: ConnectorCapacity.autoscaled({ maxWorkers: 4, ...options }) });
const workersOf =
  (workerConfigurationRevision: number): Write =>
  (of) =>
    connector({
      workerConfiguration: ConnectWorkerConfiguration.fromWorkerConfigurationAttributes(of, 'Workers', {
        workerConfigurationArn: WORKERS_ARN,
        workerConfigurationRevision,
      }),
    })(of);
const workers =
  (props: Partial<ConnectWorkerConfigurationProps>): Write =>
  (of) =>
    new ConnectWorkerConfiguration(of, 'Workers', { keyConverter: 'a.Key', valueConverter: 'a.Value', ...props });
const plugin =
  (fileKey: string, props: Partial<ConnectPluginProps> = {}): Write =>
  (of) =>
    new ConnectPlugin(of, 'Plugin', {
      code: ConnectPluginCode.fromBucket(s3.Bucket.fromBucketName(of, 'Code', 'code'), fileKey, 'v1'),
      ...props,
    });
const [LONGEST, TOO_LONG] = ['a'.repeat(128), 'a'.repeat(129)];
const [LONGEST_TEXT, TOO_LONG_TEXT] = ['a'.repeat(1024), 'a'.repeat(1025)];

describe('[111] MSK Connect', () =>
  refuses([
    [
      'a long name of a connector',
      'MSK-CONNECT-NAME',
      connector({ connectorName: TOO_LONG }),
      connector({ connectorName: LONGEST }),
      'use 1 to 128',
    ],
    [
      'an empty name of a connector',
      'MSK-CONNECT-NAME',
      connector({ connectorName: '' }),
      connector({ connectorName: 'a' }),
      'use 1 to 128',
    ],
    [
      'a long description of a connector',
      'MSK-CONNECT-NAME',
      connector({ description: TOO_LONG_TEXT }),
      connector({ description: LONGEST_TEXT }),
      'use at most 1024',
    ],
    [
      'a long name of a plugin',
      'MSK-CONNECT-NAME',
      plugin('sink.zip', { pluginName: TOO_LONG }),
      plugin('sink.zip', { pluginName: LONGEST }),
      'use 1 to 128',
    ],
    [
      'a long description of a plugin',
      'MSK-CONNECT-NAME',
      plugin('sink.zip', { description: TOO_LONG_TEXT }),
      plugin('sink.zip', { description: LONGEST_TEXT }),
      'use at most 1024',
    ],
    [
      'a long name of a worker configuration',
      'MSK-CONNECT-NAME',
      workers({ workerConfigurationName: TOO_LONG }),
      workers({ workerConfigurationName: LONGEST }),
      'use 1 to 128',
    ],
    [
      'a long description of a worker configuration',
      'MSK-CONNECT-NAME',
      workers({ description: TOO_LONG_TEXT }),
      workers({ description: LONGEST_TEXT }),
      'use at most 1024',
    ],
    ['a file', 'ConnectPluginArchive', plugin('sink.tar'), plugin('sink.jar'), 'a JAR or ZIP file'],
    ['a revision of a plugin', 'MSK-CONNECT-PLUGINS', connector({}, revision(0)), connector(), 'use 1 or more'],
    ['a revision of worker settings', 'MSK-CONNECT-PLUGINS', workersOf(0), workersOf(1), 'use 1 or more'],
    ['units', 'MSK-CONNECT-CAPACITY', fixed({ unitsPerWorker: 3 }), fixed({ unitsPerWorker: 4 }), 'use 1, 2, 4 or 8'],
    ['units of scaled workers', 'MSK-CONNECT-CAPACITY', scaled({ unitsPerWorker: 16 }), scaled({ unitsPerWorker: 8 })],
    ['eleven workers', 'MSK-CONNECT-CAPACITY', fixed({ workers: 11 }), fixed({ workers: 10 }), 'use 1 to 10'],
    ['no worker', 'MSK-CONNECT-CAPACITY', fixed({ workers: 0 }), fixed({ workers: 1 }), 'use 1 to 10'],
    ['at least no worker', 'MSK-CONNECT-CAPACITY', scaled({ minWorkers: 0 }), scaled({ minWorkers: 1 }), 'use 1 to 10'],
    ['up to 11 workers', 'MSK-CONNECT-CAPACITY', scaled({ maxWorkers: 11 }), scaled({ maxWorkers: 10 }), 'use 1 to 10'],
    [
      'a range upside down',
      'MSK-CONNECT-CAPACITY',
      scaled({ minWorkers: 5 }),
      scaled({ minWorkers: 4 }),
      'or raise MaxWorkerCount',
    ],
    ['101 percent', 'MSK-CONNECT-CAPACITY', scaled({ scaleOutAbove: 101 }), scaled({ scaleOutAbove: 100 }), '1 to 100'],
    ['0 percent', 'MSK-CONNECT-CAPACITY', scaled({ scaleInBelow: 0 }), scaled({ scaleInBelow: 1 }), '1 to 100'],
    ['tasks', 'MSK-CONNECT-CAPACITY', scaled({ maxTasks: 3 }), scaled({ maxTasks: 4 }), 'use 4 or more'],
    [
      'a connector to SCRAM',
      'MSK-CONNECT-AUTHENTICATION',
      admits(ClientAuthentication.scram()),
      admits(ClientAuthentication.scram(), ClientAuthentication.iam()),
      'add ClientAuthentication.iam()',
    ],
    [
      'a connector by mutual TLS',
      'MSK-CONNECT-AUTHENTICATION',
      (of) => connector({ identity: ClientIdentity.mutualTls(Secret.fromSecretNameV2(of, 'Key', 'key')) })(of),
      connector({ identity: ClientIdentity.iam() }),
      'leave `identity` out',
    ],
    [
      'an identity that the cluster does not offer',
      'ClientIdentityNotOffered',
      connector({ identity: ClientIdentity.anonymous() }),
      connector({ identity: ClientIdentity.iam() }),
      'it offers ClientIdentity.iam()',
    ],
    [
      'a worker configuration without key converter',
      'MSK-CONNECT-CONVERTERS',
      workers({ keyConverter: '' }),
      workers({}),
      'name the classes',
    ],
    [
      'a worker configuration without value converter',
      'MSK-CONNECT-CONVERTERS',
      workers({ valueConverter: ' ' }),
      workers({}),
      'name the classes',
    ],
    [
      'one kind of logs twice',
      'DeliveryLogsTwice',
      connector({ logs: [DeliveryLogs.toLogGroup(), DeliveryLogs.toLogGroup()] }),
      connector({ logs: [DeliveryLogs.toLogGroup()] }),
      'each kind of destination once',
    ],
  ]));
