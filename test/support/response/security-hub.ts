import type { Behaviours } from '../model-server/server';

const PRODUCT = 'arn:aws:securityhub:eu-west-1::product/aws/macie';

/**
 * Security Hub as far as findings of Macie go: filters by equality, a status and a note that customers may set.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/securityhub-integration.html
 */
export class SecurityHubModel {
  public readonly findings = new Map<string, any>();

  /** What is not done, by the ids of findings. */
  public readonly unprocessed = new Map<string, string>();

  public readonly behaviours: Behaviours = {
    GetFindings: ({ Filters }) => ({
      Findings: [...this.findings.values()].filter((finding) =>
        Object.entries<any[]>(Filters).every(([name, wanted]) =>
          wanted.some(({ Value, Comparison }) => Comparison === 'EQUALS' && finding[name] === Value),
        ),
      ),
    }),
    BatchUpdateFindings: ({ FindingIdentifiers, Workflow, Note }) => {
      const answer = { ProcessedFindings: [] as object[], UnprocessedFindings: [] as object[] };
      for (const FindingIdentifier of FindingIdentifiers) {
        const finding = this.findings.get(FindingIdentifier.Id);
        const ErrorCode = finding ? this.unprocessed.get(FindingIdentifier.Id) : 'FindingNotFound';
        if (ErrorCode) {
          answer.UnprocessedFindings.push({ FindingIdentifier, ErrorCode, ErrorMessage: 'not done' });
          continue;
        }
        Object.assign(finding, {
          ...(Workflow && { Workflow }),
          ...(Note && { Note: { ...Note, UpdatedAt: '2026-01-01T00:00:00.000Z' } }),
        });
        answer.ProcessedFindings.push(FindingIdentifier);
      }
      return answer;
    },
  };

  /** A finding arrives from Macie, which gives it its own id. */
  public receive({ detail }: any, change: object = {}): any {
    const { id, accountId, type } = detail;
    const finding = {
      SchemaVersion: '2018-10-08',
      Id: id,
      ProductArn: PRODUCT,
      ProductName: 'Macie',
      GeneratorId: 'aws/macie',
      AwsAccountId: accountId,
      Types: [`Sensitive Data Identifications/PII/${type.replace('/', '-')}`],
      CreatedAt: '2026-01-01T00:00:00.000Z',
      UpdatedAt: '2026-01-01T00:00:00.000Z',
      Title: 'The S3 object contains financial information.',
      Description: 'The S3 object contains financial information.',
      Severity: { Label: 'HIGH' },
      Resources: [{ Type: 'AwsS3Bucket', Id: 'arn:aws:s3:::data' }],
      Workflow: { Status: 'NEW' },
      RecordState: 'ACTIVE',
      ...change,
    };
    this.findings.set(id, finding);
    return finding;
  }
}
