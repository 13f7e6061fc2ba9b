import { Fn, Resource, Token } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib';
import * as kafkaconnect from 'aws-cdk-lib/aws-kafkaconnect';
import type { Construct } from 'constructs';
import { checkAtSynth } from '../private/checks';
import { injectable } from '../private/injectable';
import { contentName } from './content-name';

/** Settings of the workers of a connector, created here or elsewhere. */
export interface IConnectWorkerConfiguration extends IResource {
  /**
   * The ARN of the worker configuration.
   *
   * @attribute
   */
  readonly workerConfigurationArn: string;

  /**
   * The name of the worker configuration.
   *
   * @attribute
   */
  readonly workerConfigurationName: string;

  /**
   * The revision of the worker configuration.
   *
   * @attribute
   */
  readonly workerConfigurationRevision: number;

  /** The topic that keeps the offsets of a source connector; undefined where the service chooses one. */
  readonly offsetStorageTopic?: string;
}

/** What is known of a worker configuration that was created elsewhere. */
export interface ConnectWorkerConfigurationAttributes {
  /** `arn:PARTITION:kafkaconnect:REGION:ACCOUNT:worker-configuration/NAME/ID`. */
  readonly workerConfigurationArn: string;

  /**
   * Its revision, 1 or more.
   *
   * @default 1
   */
  readonly workerConfigurationRevision?: number;

  /**
   * Its `offset.storage.topic`: connectors are given rights on it.
   *
   * @default - none
   */
  readonly offsetStorageTopic?: string;
}

/** Properties of a worker configuration. All of them replace it, and the connectors that use it. */
export interface ConnectWorkerConfigurationProps {
  /** The class that reads and writes keys, for example `org.apache.kafka.connect.storage.StringConverter`. */
  readonly keyConverter: string;

  /** The class that reads and writes values, for example `org.apache.kafka.connect.json.JsonConverter`. */
  readonly valueConverter: string;

  /**
   * The topic that keeps the offsets of a source connector. Only with it, and the same `connectorName`, a connector that
   * is made anew goes on where the old one stopped. Never give it to two connectors: they would mix their offsets.
   *
   * @default - a topic that the service makes for each connector
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-manage-connector-offsets.html
   */
  readonly offsetStorageTopic?: string;

  /**
   * Any other setting, by its name.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-supported-worker-config-properties.html
   */
  readonly other?: Record<string, string>;

  /**
   * The name: 1 to 128 characters. A worker configuration can not be changed, so with a name of your own new settings
   * fail until the name changes too.
   *
   * @default - a unique name from the path of the construct and the settings
   */
  readonly workerConfigurationName?: string;

  /**
   * What it is, up to 1024 characters.
   *
   * @default - none
   */
  readonly description?: string;
}

/**
 * Settings of the workers of connectors.
 *
 * @resource AWS::KafkaConnect::WorkerConfiguration
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-workers.html
 */
@injectable
export class ConnectWorkerConfiguration extends Resource implements IConnectWorkerConfiguration {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.ConnectWorkerConfiguration';

  /** A worker configuration that is there already. */
  public static fromWorkerConfigurationAttributes(
    scope: Construct,
    id: string,
    attributes: ConnectWorkerConfigurationAttributes,
  ): IConnectWorkerConfiguration {
    return new ImportedWorkerConfiguration(scope, id, attributes);
  }

  /** A worker configuration that is there already, of revision 1, by its ARN. */
  public static fromWorkerConfigurationArn(
    scope: Construct,
    id: string,
    workerConfigurationArn: string,
  ): IConnectWorkerConfiguration {
    return ConnectWorkerConfiguration.fromWorkerConfigurationAttributes(scope, id, { workerConfigurationArn });
  }

  public readonly workerConfigurationArn: string;
  public readonly workerConfigurationName: string;
  public readonly workerConfigurationRevision: number;
  public readonly offsetStorageTopic?: string;

  constructor(scope: Construct, id: string, props: ConnectWorkerConfigurationProps) {
    super(scope, id);
    const content = render(props);
    this.workerConfigurationName =
      props.workerConfigurationName ?? contentName(this, 128, () => ({ content, description: props.description }));
    const resource = new kafkaconnect.CfnWorkerConfiguration(this, 'Resource', {
      name: this.workerConfigurationName,
      description: props.description,
      propertiesFileContent: Token.isUnresolved(content) ? Fn.base64(content) : Buffer.from(content).toString('base64'),
    });
    this.workerConfigurationArn = resource.attrWorkerConfigurationArn;
    this.workerConfigurationRevision = resource.attrRevision;
    this.offsetStorageTopic = offsetStorageTopicOf(props);
    checkAtSynth(this, [{ resource }]);
  }
}

class ImportedWorkerConfiguration extends Resource implements IConnectWorkerConfiguration {
  public readonly workerConfigurationArn: string;
  public readonly workerConfigurationName: string;
  public readonly workerConfigurationRevision: number;
  public readonly offsetStorageTopic?: string;

  constructor(scope: Construct, id: string, attributes: ConnectWorkerConfigurationAttributes) {
    super(scope, id, { environmentFromArn: attributes.workerConfigurationArn });
    this.workerConfigurationArn = attributes.workerConfigurationArn;
    this.workerConfigurationName = Fn.select(1, Fn.split('/', attributes.workerConfigurationArn));
    this.workerConfigurationRevision = attributes.workerConfigurationRevision ?? 1;
    this.offsetStorageTopic = attributes.offsetStorageTopic;
  }
}

const OFFSETS = 'offset.storage.topic';

function offsetStorageTopicOf({ offsetStorageTopic, other }: ConnectWorkerConfigurationProps): string | undefined {
  return offsetStorageTopic ?? other?.[OFFSETS];
}

/** The settings as a properties file, in a stable order; what has a property of its own wins over the same by its name. */
function render(props: ConnectWorkerConfigurationProps): string {
  const settings: Record<string, string | undefined> = {
    ...props.other,
    'key.converter': props.keyConverter,
    'value.converter': props.valueConverter,
    [OFFSETS]: offsetStorageTopicOf(props),
  };
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join('\n');
}
