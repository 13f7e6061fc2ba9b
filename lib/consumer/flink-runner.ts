import { Validations } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { bundledRunner } from '../private/flink-runner';
import { FlinkCode } from './flink-code';
import type { FlinkCodeLocation } from './flink-code';

/** The program that runs the SQL of a `FlinkSql`. */
export abstract class FlinkRunner {
  /** The jar that this package brings, for Flink 2.2 and 2.3. */
  public static bundled(): FlinkRunner {
    return new BundledFlinkRunner();
  }

  /**
   * A jar of your own, for another line of Flink or with more connectors. It reads the same property groups as the
   * bundled one.
   *
   * @param path of the jar
   */
  public static fromAsset(path: string): FlinkRunner {
    return new OwnFlinkRunner(FlinkCode.fromAsset(path));
  }

  /** A jar of your own that is in a bucket already. */
  public static fromBucket(bucket: s3.IBucket, key: string, objectVersion?: string): FlinkRunner {
    return new OwnFlinkRunner(FlinkCode.fromBucket(bucket, key, objectVersion));
  }

  /**
   * The major versions of Flink that it is known to run on; undefined where only its author knows.
   *
   * @internal
   */
  public abstract readonly _flinkMajor?: number;

  /** @internal */
  public abstract _code(): FlinkCode;
}

class OwnFlinkRunner extends FlinkRunner {
  /** @internal */
  public readonly _flinkMajor = undefined;

  constructor(private readonly code: FlinkCode) {
    super();
  }

  /** @internal */
  public _code(): FlinkCode {
    return this.code;
  }
}

class BundledFlinkRunner extends FlinkRunner {
  /** @internal */
  public readonly _flinkMajor = 2;

  /** @internal */
  public _code(): FlinkCode {
    return new BundledCode();
  }
}

class BundledCode extends FlinkCode {
  /** @internal */
  public _bind(scope: Construct): FlinkCodeLocation {
    const { file, hash, built } = bundledRunner();
    if (!built) {
      Validations.of(scope).addWarning(
        'cdk-msk-macie:FLINK-RUNNER-NOT-BUILT',
        'the Flink SQL runner is not built from its present sources, and the application would not start: run ' +
          '`npm run build:flink` in the repository of cdk-msk-macie before you deploy (the published package has it)',
      );
    }
    const asset = new Asset(scope, 'Code', { path: file, assetHash: hash });
    return { bucket: asset.bucket, key: asset.s3ObjectKey };
  }
}
