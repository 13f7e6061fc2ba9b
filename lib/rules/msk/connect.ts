import type { ResourceFact } from '../facts';
import { listing, show } from '../rule';
import type { Problem, Rule } from '../rule';
import { mskGuide, templateReference } from './cluster-facts';

const CONNECTOR = 'AWS::KafkaConnect::Connector';
const PLUGIN = 'AWS::KafkaConnect::CustomPlugin';
const WORKER_CONFIGURATION = 'AWS::KafkaConnect::WorkerConfiguration';
const CONNECTOR_REFERENCE = templateReference('aws-resource-kafkaconnect-connector');
const PLUGIN_REFERENCE = templateReference('aws-resource-kafkaconnect-customplugin');
const WORKER_CONFIGURATION_REFERENCE = templateReference('aws-resource-kafkaconnect-workerconfiguration');
const CONNECTORS = mskGuide('msk-connect-connectors');

const UNITS = [1, 2, 4, 8];
const MOST_WORKERS = 10;

export const connectName: Rule = {
  id: 'MSK-CONNECT-NAME',
  title: 'Names of connectors, plugins and worker configurations have 1 to 128 characters, descriptions at most 1024',
  remedy: 'Shorten the name before the resource exists: a later change of the name replaces it',
  basis: 'service',
  severity: 'error',
  appliesTo: [CONNECTOR, PLUGIN, WORKER_CONFIGURATION],
  sources: [CONNECTOR_REFERENCE, PLUGIN_REFERENCE, WORKER_CONFIGURATION_REFERENCE],
  check(resource) {
    const prefix = resource.type === CONNECTOR ? 'Connector' : '';
    const problems: Problem[] = [];
    const name = resource.text(`${prefix}Name`);
    if (name !== undefined && (name.length < 1 || name.length > 128)) {
      const message = `the name ${show(name)} has ${name.length} characters`;
      problems.push({ path: `${prefix}Name`, message, fix: 'use 1 to 128' });
    }
    const description = resource.text(`${prefix}Description`);
    if (description !== undefined && description.length > 1024) {
      const message = `the description has ${description.length} characters`;
      problems.push({ path: `${prefix}Description`, message, fix: 'use at most 1024' });
    }
    return problems;
  },
};

export const connectPlugins: Rule = {
  id: 'MSK-CONNECT-PLUGINS',
  title: 'A connector has one plugin, and names revisions of 1 or more',
  remedy: 'Put all that the connector needs into one archive',
  basis: 'service',
  severity: 'error',
  appliesTo: [CONNECTOR],
  sources: ['https://docs.aws.amazon.com/MSKC/latest/mskc/API_CreateConnector.html', CONNECTOR_REFERENCE],
  check(connector) {
    const plugins = connector.list('Plugins');
    if (plugins !== undefined && plugins.length !== 1) {
      const message = `a connector is given ${plugins.length} plugins`;
      return [{ path: 'Plugins', message, fix: 'use exactly one' }];
    }
    return ['Plugins.0.CustomPlugin.Revision', 'WorkerConfiguration.Revision'].flatMap((path) => {
      const revision = connector.number(path);
      return revision === undefined || (Number.isInteger(revision) && revision >= 1)
        ? []
        : [{ path, message: `there is no revision ${revision}`, fix: 'use 1 or more' }];
    });
  },
};

export const connectCapacity: Rule = {
  id: 'MSK-CONNECT-CAPACITY',
  title:
    'A connector has either a fixed number of workers or a range, 1 to 10 of them, with 1, 2, 4 or 8 units each, and a task for each',
  remedy: 'Name one kind of capacity, within its limits',
  basis: 'service',
  severity: 'error',
  appliesTo: [CONNECTOR],
  sources: [CONNECTOR_REFERENCE, mskGuide('limits'), mskGuide('msk-connect-max-autoscaling-task-count')],
  check(connector) {
    const provisioned = connector.present('Capacity.ProvisionedCapacity');
    const autoscaled = connector.present('Capacity.AutoScaling');
    const absent = connector.absent('Capacity.ProvisionedCapacity') && connector.absent('Capacity.AutoScaling');
    if ((provisioned && autoscaled) || (absent && connector.present('Capacity'))) {
      const message = `a connector is given ${provisioned ? 'both kinds of capacity' : 'no capacity'}`;
      return [{ path: 'Capacity', message, fix: 'use ProvisionedCapacity or AutoScaling' }];
    }
    const at = (member: string) =>
      autoscaled ? `Capacity.AutoScaling.${member}` : `Capacity.ProvisionedCapacity.${member}`;
    const problems: Problem[] = [];
    const units = connector.number(at('McuCount'));
    if (units !== undefined && !UNITS.includes(units)) {
      problems.push({
        path: at('McuCount'),
        message: `${units} units are no size of a worker`,
        fix: 'use 1, 2, 4 or 8',
      });
    }
    for (const member of ['WorkerCount', 'MinWorkerCount', 'MaxWorkerCount']) {
      const workers = connector.number(at(member));
      if (workers !== undefined && (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS)) {
        const message = `a connector cannot have ${workers} workers`;
        problems.push({ path: at(member), message, fix: `use 1 to ${MOST_WORKERS}` });
      }
    }
    const [least, most] = [connector.number(at('MinWorkerCount')), connector.number(at('MaxWorkerCount'))];
    if (least !== undefined && most !== undefined && least > most) {
      const message = `${least} workers at least are more than ${most} at most`;
      problems.push({ path: at('MinWorkerCount'), message, fix: 'lower it, or raise MaxWorkerCount' });
    }
    const tasks = connector.number(at('MaxAutoscalingTaskCount'));
    if (tasks !== undefined && most !== undefined && (!Number.isInteger(tasks) || tasks < most)) {
      const message = `${tasks} tasks are not enough for ${most} workers`;
      problems.push({ path: at('MaxAutoscalingTaskCount'), message, fix: `use ${most} or more` });
    }
    for (const member of ['ScaleInPolicy', 'ScaleOutPolicy']) {
      const path = at(`${member}.CpuUtilizationPercentage`);
      const percentage = connector.number(path);
      if (percentage !== undefined && (!Number.isInteger(percentage) || percentage < 1 || percentage > 100)) {
        problems.push({ path, message: `workers cannot scale at ${percentage} percent`, fix: 'use 1 to 100' });
      }
    }
    return problems;
  },
};

export const connectScaling: Rule = {
  id: 'MSK-CONNECT-SCALING',
  title: 'A connector whose workers scale has thresholds apart, and no tasks.max of its own',
  remedy: 'Scale in well below where it scales out, and set MaxAutoscalingTaskCount instead of tasks.max',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CONNECTOR],
  sources: [CONNECTORS],
  check(connector) {
    const scaling = 'Capacity.AutoScaling';
    if (!connector.present(scaling)) {
      return [];
    }
    const problems: Problem[] = [];
    const inPath = `${scaling}.ScaleInPolicy.CpuUtilizationPercentage`;
    const [below, above] = [
      connector.number(inPath),
      connector.number(`${scaling}.ScaleOutPolicy.CpuUtilizationPercentage`),
    ];
    if (below !== undefined && above !== undefined && below >= above) {
      const message = `workers are taken away below ${below} percent of CPU and added above ${above}, again and again`;
      problems.push({ path: inPath, message, fix: `use less than ${above}` });
    }
    if ('tasks.max' in settingsOf(connector)) {
      const message = 'tasks.max has no effect on a connector whose workers scale';
      problems.push({ path: 'ConnectorConfiguration', message, fix: 'set MaxAutoscalingTaskCount instead' });
    }
    return problems;
  },
};

/** Keys of settings hold dots, which a path would take for steps. */
function settingsOf(connector: ResourceFact): Record<string, unknown> {
  const settings = connector.read('ConnectorConfiguration');
  return typeof settings === 'object' && settings !== null ? (settings as Record<string, unknown>) : {};
}

const ENCRYPTION = 'KafkaClusterEncryptionInTransit.EncryptionType';
const AUTHENTICATION = 'KafkaClusterClientAuthentication.AuthenticationType';
const BOOTSTRAP = 'KafkaCluster.ApacheKafkaCluster.BootstrapServers';

/** What may be asked of a connector at each port; multi-VPC connections have ports of their own. */
const LISTENERS: Record<string, { readonly authentication: string; readonly encryption: string }> = {
  9092: { authentication: 'NONE', encryption: 'PLAINTEXT' },
  9094: { authentication: 'NONE', encryption: 'TLS' },
  9098: { authentication: 'IAM', encryption: 'TLS' },
};

export const connectAuthentication: Rule = {
  id: 'MSK-CONNECT-AUTHENTICATION',
  title: 'A connector is let in by IAM over TLS, or without authentication, by the listener of the same kind',
  remedy:
    'Use the broker string, the authentication and the encryption of one listener; SCRAM and mutual TLS do not work',
  basis: 'service',
  severity: 'error',
  appliesTo: [CONNECTOR],
  sources: [CONNECTOR_REFERENCE, mskGuide('port-info')],
  check(connector) {
    const authentication = connector.text(AUTHENTICATION);
    const encryption = connector.text(ENCRYPTION);
    if (authentication !== undefined && !['IAM', 'NONE'].includes(authentication)) {
      const message = `MSK Connect does not know the authentication ${show(authentication)}`;
      return [{ path: AUTHENTICATION, message, fix: 'use IAM or NONE' }];
    }
    if (authentication === 'IAM' && encryption === 'PLAINTEXT') {
      return [{ path: ENCRYPTION, message: 'IAM works over TLS only', fix: 'use TLS' }];
    }
    const servers = connector.text(BOOTSTRAP);
    const port = servers === undefined ? undefined : /:(\d+)$/.exec(servers)?.[1];
    if (port === '9096') {
      return [{ path: BOOTSTRAP, message: 'port 9096 is for SCRAM, which MSK Connect does not know', fix: 'use 9098' }];
    }
    const listener = port === undefined ? undefined : LISTENERS[port];
    if (listener === undefined || authentication === undefined || encryption === undefined) {
      return [];
    }
    if (listener.authentication === authentication && listener.encryption === encryption) {
      return [];
    }
    const message = `port ${port} takes the authentication ${listener.authentication} over ${listener.encryption}, not ${authentication} over ${encryption}`;
    return [{ path: BOOTSTRAP, message, fix: 'use the broker string of the listener that is meant' }];
  },
};

export const connectLogging: Rule = {
  id: 'MSK-CONNECT-LOGGING',
  title: 'A connector logs, from the first day',
  remedy: 'Name a destination of logs: it cannot be added later without replacing the connector',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CONNECTOR],
  sources: [mskGuide('msk-connect-logging'), CONNECTOR_REFERENCE],
  check(connector) {
    const path = 'LogDelivery.WorkerLogDelivery';
    const on = ['CloudWatchLogs', 'S3', 'Firehose'].some((kind) => !connector.off(`${path}.${kind}.Enabled`));
    return on
      ? []
      : [{ path: 'LogDelivery', message: 'nobody will see why a task fails', fix: 'deliver the logs somewhere' }];
  },
};

export const connectSecrets: Rule = {
  id: 'MSK-CONNECT-SECRETS',
  title: 'No setting of a connector is a secret in plain text',
  remedy: 'Refer to the secret through a configuration provider',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CONNECTOR],
  sources: [mskGuide('msk-connect-config-provider')],
  check(connector) {
    const keys = Object.entries(settingsOf(connector))
      .filter(([key, value]) => /(password|secret|token|credential)s?$/i.test(key) && typeof value === 'string')
      .filter(([, value]) => value !== '' && !String(value).includes('${') && !String(value).includes('{{resolve:'))
      .map(([key]) => key);
    if (keys.length === 0) {
      return [];
    }
    const message = `whoever may see the template or the connector can read ${listing(keys)}`;
    return [{ path: 'ConnectorConfiguration', message, fix: 'use a configuration provider' }];
  },
};

export const connectNetwork: Rule = {
  id: 'MSK-CONNECT-NETWORK',
  title: 'The workers of a connector are in private subnets',
  remedy: 'Use private subnets with a NAT gateway, or with endpoints for what the connector calls',
  basis: 'service',
  severity: 'warning',
  appliesTo: [CONNECTOR],
  sources: [mskGuide('msk-connect-internet-access')],
  check(connector) {
    const path = 'KafkaCluster.ApacheKafkaCluster.Vpc.Subnets';
    return connector.extra('publicSubnets') === true && connector.list(path) !== undefined
      ? [
          {
            path,
            message: 'workers have private addresses only, and reach nothing from a public subnet',
            fix: 'use private subnets',
          },
        ]
      : [];
  },
};

export const connectConverters: Rule = {
  id: 'MSK-CONNECT-CONVERTERS',
  title: 'A worker configuration is base64 of a properties file with key.converter and value.converter',
  remedy: 'Name both converters, and encode the file in base64',
  basis: 'service',
  severity: 'error',
  appliesTo: [WORKER_CONFIGURATION],
  sources: [mskGuide('msk-connect-supported-worker-config-properties'), WORKER_CONFIGURATION_REFERENCE],
  check(configuration) {
    const path = 'PropertiesFileContent';
    const text = configuration.text(path);
    if (text === undefined) {
      return [];
    }
    if (!/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text)) {
      return [{ path, message: `the content ${show(text)} is not base64`, fix: 'encode it in base64' }];
    }
    const content = Buffer.from(text, 'base64').toString('utf8');
    const missing = ['key.converter', 'value.converter'].filter(
      (key) => !new RegExp(`^\\s*${key.replace('.', '\\.')}[ \\t]*[=:][ \\t]*\\S`, 'm').test(content),
    );
    return missing.length === 0 ? [] : [{ path, message: `${listing(missing)} is missing`, fix: 'name the classes' }];
  },
};

export const connectOffsets: Rule = {
  id: 'MSK-CONNECT-OFFSETS',
  title: 'No two connectors keep their offsets in one topic',
  remedy: 'Give each source connector a worker configuration with a topic of its own',
  basis: 'service',
  severity: 'warning',
  appliesTo: [WORKER_CONFIGURATION],
  sources: [mskGuide('msk-connect-manage-connector-offsets')],
  check(configuration, facts) {
    const path = 'PropertiesFileContent';
    const text = configuration.text(path);
    const topic =
      text === undefined
        ? undefined
        : /^\s*offset\.storage\.topic\s*[=:]\s*(\S+)/m.exec(Buffer.from(text, 'base64').toString('utf8'))?.[1];
    const users = facts.pointingAt(configuration, CONNECTOR, 'WorkerConfiguration.WorkerConfigurationArn');
    if (topic === undefined || users.length < 2) {
      return [];
    }
    const message = `${listing(users.map(({ logicalId }) => logicalId))} mix their offsets in the topic ${show(topic)}`;
    return [{ path, message, fix: 'use a worker configuration for each' }];
  },
};

export const connectArchive: Rule = {
  id: 'MSK-CONNECT-ARCHIVE',
  title: 'A plugin says which type of archive it is',
  remedy: 'Use JAR for one file of classes, ZIP for several',
  basis: 'service',
  severity: 'error',
  appliesTo: [PLUGIN],
  sources: [mskGuide('msk-connect-plugins'), PLUGIN_REFERENCE],
  check(plugin) {
    const type = plugin.text('ContentType');
    if (type !== undefined && type !== 'JAR' && type !== 'ZIP') {
      return [{ path: 'ContentType', message: `a plugin is no ${show(type)}`, fix: 'use JAR or ZIP' }];
    }
    const suffix = /\.(jar|zip)$/i.exec(plugin.text('Location.S3Location.FileKey') ?? '')?.[1].toUpperCase();
    return type === undefined || suffix === undefined || suffix === type
      ? []
      : [{ path: 'ContentType', message: `the file is called a ${suffix}, not a ${type}`, fix: `use ${suffix}` }];
  },
};

export const connectVersion: Rule = {
  id: 'MSK-CONNECT-ARCHIVE-VERSION',
  title: 'New contents of an archive make a new plugin',
  remedy: 'Name the version of the object, or give new contents a new key',
  basis: 'service',
  severity: 'warning',
  appliesTo: [PLUGIN],
  sources: [PLUGIN_REFERENCE],
  check(plugin) {
    const path = 'Location.S3Location.ObjectVersion';
    const key = plugin.text('Location.S3Location.FileKey');
    // Keys of assets are hashes of their contents.
    if (key === undefined || !plugin.absent(path) || /[0-9a-f]{32}/.test(key)) {
      return [];
    }
    const message = `new contents of ${show(key)} change nothing: the plugin keeps what it was made of`;
    return [{ path, message, fix: 'name the version' }];
  },
};
