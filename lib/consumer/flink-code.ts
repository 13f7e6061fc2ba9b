import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';

/** Where the code of an application lies. */
export interface FlinkCodeLocation {
  readonly bucket: s3.IBucket;
  readonly key: string;
  readonly objectVersion?: string;
}

/** The code of a Flink application: one jar with all that it needs, or the zip of a Python application. */
export abstract class FlinkCode {
  /**
   * A file of this machine, put into the bucket of the CDK's bootstrap.
   *
   * @param path of the jar or zip
   */
  public static fromAsset(path: string): FlinkCode {
    return new AssetCode(path);
  }

  /**
   * An object that is there already. A new object under the same key changes nothing: the application is updated when
   * key or version change.
   */
  public static fromBucket(bucket: s3.IBucket, key: string, objectVersion?: string): FlinkCode {
    return new BucketCode({ bucket, key, objectVersion });
  }

  /** @internal */
  public abstract _bind(scope: Construct): FlinkCodeLocation;
}

class AssetCode extends FlinkCode {
  constructor(private readonly path: string) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct): FlinkCodeLocation {
    const asset = new Asset(scope, 'Code', { path: this.path });
    return { bucket: asset.bucket, key: asset.s3ObjectKey };
  }
}

class BucketCode extends FlinkCode {
  constructor(private readonly location: FlinkCodeLocation) {
    super();
  }

  /** @internal */
  public _bind(): FlinkCodeLocation {
    return this.location;
  }
}
