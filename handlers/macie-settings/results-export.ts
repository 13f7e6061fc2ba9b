import type {
  ClassificationExportConfiguration,
  GetClassificationExportConfigurationCommandOutput,
  S3Destination,
} from '@aws-sdk/client-macie2';
import type { AwsError } from '../shared/aws-errors';
import { macieDenial } from '../shared/macie-denial';
import type { Setting } from './setting';

/** The calls to the service. */
export interface ResultsExports {
  read(): Promise<GetClassificationExportConfigurationCommandOutput>;
  write(configuration: ClassificationExportConfiguration): Promise<unknown>;
}

/** `Custom::MacieDiscoveryResultsExport`: the bucket that Macie writes its discovery results to. */
export function resultsExport(service: ResultsExports): Setting<S3Destination> {
  return {
    name: 'results-export',
    read: async () => (await service.read()).configuration?.s3Destination,
    write: (s3Destination) => service.write(s3Destination ? { s3Destination } : {}),
    isSame: (one, other) =>
      one.bucketName === other.bucketName && one.kmsKeyArn === other.kmsKeyArn && prefixOf(one) === prefixOf(other),
    describe: (one) => `results go to s3://${one.bucketName}/${prefixOf(one)} with the key ${one.kmsKeyArn}`,
    // Macie tries bucket and key when it is told of them, and their policies are as young as this resource.
    isWorthWaiting: (error: AwsError) => macieDenial(error) === 'export-destination',
  };
}

function prefixOf({ keyPrefix = '' }: S3Destination): string {
  return keyPrefix.replace(/\/$/, '');
}
