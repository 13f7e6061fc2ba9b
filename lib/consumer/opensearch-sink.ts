import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as opensearch from 'aws-cdk-lib/aws-opensearchservice';
import { allow } from '../connect/service-role';

/** Where a pipeline of OpenSearch Ingestion writes to. */
export abstract class OpenSearchSink {
  /**
   * An index of a domain. The role of the pipeline is let in by its own policy; where the domain has fine-grained access
   * control, map the role to a role of the domain too.
   *
   * @param index the name, in which Data Prepper fills in `${field}` and `%{yyyy.MM.dd}`
   * @see https://docs.aws.amazon.com/opensearch-service/latest/developerguide/pipeline-domain-access.html
   */
  public static domain(domain: opensearch.IDomain, index: string): OpenSearchSink {
    return new DomainSink(domain, index);
  }

  /**
   * An index of a collection of OpenSearch Serverless. A data access policy of the collection has to let the role of the
   * pipeline in, and its network policy to let the pipeline reach it.
   *
   * @param collectionArn for example `attrArn` of `CfnCollection`
   * @param endpoint for example `attrCollectionEndpoint`
   * @see https://docs.aws.amazon.com/opensearch-service/latest/developerguide/pipeline-collection-access.html
   */
  public static collection(collectionArn: string, endpoint: string, index: string): OpenSearchSink {
    return new CollectionSink(collectionArn, endpoint, index);
  }

  /**
   * A sink as Data Prepper knows it, with its own place for what it can not take. Grant to the consumer what it needs.
   *
   * @param definition for example `{ s3: { bucket: 'paid', … } }`
   * @see https://docs.opensearch.org/latest/data-prepper/pipelines/configuration/sinks/sinks/
   */
  public static custom(definition: Record<string, unknown>): OpenSearchSink {
    return new CustomSink(definition);
  }

  /** @internal */
  public abstract _bind(pipeline: OpenSearchSinkSource): Record<string, unknown>;
}

/** Who writes. */
export interface OpenSearchSinkSource {
  readonly grantee: iam.IGrantable;
  readonly roleArn: string;
  readonly region: string;

  /** What becomes of documents that are refused: `dlq` of the sink. */
  readonly deadLetters: () => Record<string, unknown>;
}

class DomainSink extends OpenSearchSink {
  constructor(
    private readonly domain: opensearch.IDomain,
    private readonly index: string,
  ) {
    super();
  }

  /** @internal */
  public _bind({ grantee, roleArn, region, deadLetters }: OpenSearchSinkSource): Record<string, unknown> {
    const { domainArn, domainEndpoint } = this.domain;
    allow(grantee, ['es:DescribeDomain'], [domainArn]);
    // Of es:ESHttp*, what making an index and writing to it takes: nothing is deleted.
    allow(grantee, ['es:ESHttpGet', 'es:ESHttpHead', 'es:ESHttpPost', 'es:ESHttpPut'], [`${domainArn}/*`]);
    return openSearch(`https://${domainEndpoint}`, this.index, { region, sts_role_arn: roleArn }, deadLetters());
  }
}

class CollectionSink extends OpenSearchSink {
  constructor(
    private readonly collectionArn: string,
    private readonly endpoint: string,
    private readonly index: string,
  ) {
    super();
  }

  /** @internal */
  public _bind({ grantee, roleArn, region, deadLetters }: OpenSearchSinkSource): Record<string, unknown> {
    allow(grantee, ['aoss:APIAccessAll', 'aoss:BatchGetCollection'], [this.collectionArn]);
    const aws = { region, sts_role_arn: roleArn, serverless: true };
    return openSearch(this.endpoint, this.index, aws, deadLetters());
  }
}

class CustomSink extends OpenSearchSink {
  constructor(private readonly definition: Record<string, unknown>) {
    super();
  }

  /** @internal */
  public _bind(): Record<string, unknown> {
    return this.definition;
  }
}

/** @see https://docs.opensearch.org/latest/data-prepper/pipelines/configuration/sinks/opensearch/ */
function openSearch(
  host: string,
  index: string,
  aws: Record<string, unknown>,
  dlq: Record<string, unknown>,
): Record<string, unknown> {
  return { opensearch: { hosts: [host], index, aws, dlq } };
}
