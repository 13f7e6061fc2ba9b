import { Fn, Resource, Token } from 'aws-cdk-lib';
import type { IResource } from 'aws-cdk-lib';
import * as kafkaconnect from 'aws-cdk-lib/aws-kafkaconnect';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3_assets from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { checkAtSynth } from '../private/checks';
import { validationError } from '../private/errors';
import { injectable } from '../private/injectable';
import { contentName } from './content-name';

/** The code of a connector, as MSK Connect keeps it. */
export interface IConnectPlugin extends IResource {
  /**
   * The ARN of the plugin.
   *
   * @attribute
   */
  readonly pluginArn: string;

  /**
   * The name of the plugin.
   *
   * @attribute
   */
  readonly pluginName: string;

  /**
   * The revision of the plugin.
   *
   * @attribute
   */
  readonly pluginRevision: number;
}

/** What is known of a plugin that was created elsewhere. */
export interface ConnectPluginAttributes {
  /** `arn:PARTITION:kafkaconnect:REGION:ACCOUNT:custom-plugin/NAME/ID`. */
  readonly pluginArn: string;

  /**
   * Its revision, 1 or more.
   *
   * @default 1
   */
  readonly pluginRevision?: number;
}

/** Where the archive of a plugin comes from. */
export abstract class ConnectPluginCode {
  /**
   * A JAR or ZIP file, or a folder that becomes a ZIP file, of this machine. Leave `aws-msk-iam-auth` out of it: MSK
   * Connect has its own, and two of them fail with "Unsupported callback type".
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-troubleshooting.html
   */
  public static fromAsset(path: string): ConnectPluginCode {
    return new AssetCode(path);
  }

  /**
   * A JAR or ZIP file in a bucket. Whoever deploys needs `s3:GetObject`, `s3:GetObjectVersion` and
   * `s3:GetObjectAttributes` on it.
   *
   * @param objectVersion the version: without it, or another key, new contents of the object change nothing
   */
  public static fromBucket(bucket: s3.IBucket, objectKey: string, objectVersion?: string): ConnectPluginCode {
    return new BucketCode(bucket, objectKey, objectVersion);
  }

  /** @internal */
  public abstract _bind(scope: Construct): BoundPluginCode;
}

/** An archive in a bucket. */
export interface BoundPluginCode {
  readonly location: kafkaconnect.CfnCustomPlugin.S3LocationProperty;

  /** The name of the file, for its type. */
  readonly fileName: string;

  /** What tells its contents apart. */
  readonly content: unknown;
}

class AssetCode extends ConnectPluginCode {
  constructor(private readonly path: string) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct): BoundPluginCode {
    const asset = new s3_assets.Asset(scope, 'Code', { path: this.path });
    const location = { bucketArn: asset.bucket.bucketArn, fileKey: asset.s3ObjectKey };
    return { location, fileName: asset.isFile ? this.path : '.zip', content: asset.assetHash };
  }
}

class BucketCode extends ConnectPluginCode {
  constructor(
    private readonly bucket: s3.IBucket,
    private readonly objectKey: string,
    private readonly objectVersion?: string,
  ) {
    super();
  }

  /** @internal */
  public _bind(): BoundPluginCode {
    const location = {
      bucketArn: this.bucket.bucketArn,
      fileKey: this.objectKey,
      objectVersion: this.objectVersion,
    };
    return { location, fileName: this.objectKey, content: location };
  }
}

/** Properties of a plugin. */
export interface ConnectPluginProps {
  /** The archive. Another one replaces the plugin, and the connectors that use it. */
  readonly code: ConnectPluginCode;

  /**
   * The name: 1 to 128 characters. A plugin can not be changed, so with a name of your own new code fails until the name
   * changes too.
   *
   * @default - a unique name from the path of the construct and the code
   */
  readonly pluginName?: string;

  /**
   * What it is, up to 1024 characters. Another text replaces the plugin.
   *
   * @default - none
   */
  readonly description?: string;
}

/**
 * The code of connectors.
 *
 * @resource AWS::KafkaConnect::CustomPlugin
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-plugins.html
 */
@injectable
export class ConnectPlugin extends Resource implements IConnectPlugin {
  /** Uniquely identifies this class. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.ConnectPlugin';

  /** A plugin that is there already. */
  public static fromPluginAttributes(
    scope: Construct,
    id: string,
    attributes: ConnectPluginAttributes,
  ): IConnectPlugin {
    return new ImportedPlugin(scope, id, attributes);
  }

  /** A plugin that is there already, of revision 1, by its ARN. */
  public static fromPluginArn(scope: Construct, id: string, pluginArn: string): IConnectPlugin {
    return ConnectPlugin.fromPluginAttributes(scope, id, { pluginArn });
  }

  public readonly pluginArn: string;
  public readonly pluginName: string;
  public readonly pluginRevision: number;

  constructor(scope: Construct, id: string, props: ConnectPluginProps) {
    super(scope, id);
    const { location, fileName, content } = props.code._bind(this);
    this.pluginName = props.pluginName ?? contentName(this, 128, () => ({ content, description: props.description }));
    const resource = new kafkaconnect.CfnCustomPlugin(this, 'Resource', {
      name: this.pluginName,
      description: props.description,
      contentType: contentType(this, fileName),
      location: { s3Location: location },
    });
    this.pluginArn = resource.attrCustomPluginArn;
    this.pluginRevision = resource.attrRevision;
    checkAtSynth(this, [{ resource }]);
  }
}

class ImportedPlugin extends Resource implements IConnectPlugin {
  public readonly pluginArn: string;
  public readonly pluginName: string;
  public readonly pluginRevision: number;

  constructor(scope: Construct, id: string, attributes: ConnectPluginAttributes) {
    super(scope, id, { environmentFromArn: attributes.pluginArn });
    this.pluginArn = attributes.pluginArn;
    this.pluginName = Fn.select(1, Fn.split('/', attributes.pluginArn));
    this.pluginRevision = attributes.pluginRevision ?? 1;
  }
}

function contentType(scope: Construct, fileName: string): string {
  const suffix = /\.(jar|zip)$/i.exec(fileName)?.[1];
  if (suffix === undefined && !Token.isUnresolved(fileName)) {
    throw validationError('ConnectPluginArchive', `a plugin is a JAR or ZIP file, got '${fileName}'`, scope);
  }
  return (suffix ?? 'zip').toUpperCase();
}
