import type {
  AwsSecurityFinding,
  BatchUpdateFindingsCommandInput,
  BatchUpdateFindingsCommandOutput,
  WorkflowStatus,
} from '@aws-sdk/client-securityhub';
import type { Case } from '../shared/response-case';
import type { Claims } from '../shared/response-claims';
import type { Ledger } from '../shared/response-ledger';
import { resultsOf } from '../shared/response-results';
import type { StepResult } from '../shared/response-results';
import type { WriteBack } from '../shared/response-write-back';

/** `Written`: the status is new. `Known`: it was so already. `Left`: what somebody else decided stays. */
export type WrittenBack = 'Written' | 'Known' | 'Left';

export interface WriterParts {
  readonly claims: Claims;
  readonly ledger: Ledger;

  /** The finding of Macie by this id in the Security Hub of the hub's account and Region. */
  findings(accountId: string, findingId: string): Promise<AwsSecurityFinding[]>;
  update(input: BatchUpdateFindingsCommandInput): Promise<BatchUpdateFindingsCommandOutput>;
}

/** By whom notes are signed, which is how a status of ours is told from one of a person. */
const SIGNATURE = 'cdk-msk-macie';

/** What takes the danger away; a tag or a copy does not. */
const CONTAINING = ['RESTRICT', 'MOVE', 'BLOCK_PUBLIC_ACCESS'];
const RANKS: Record<WorkflowStatus, number> = { NEW: 0, NOTIFIED: 1, RESOLVED: 2, SUPPRESSED: 3 };

/**
 * Makes the workflow status of a finding in Security Hub say how its case ended: `RESOLVED` where what was found is
 * contained, `NOTIFIED` where a person has to look, and `NEW` again where a person had it released.
 *
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/findings-workflow-status.html
 */
export async function writeBack({ caseId, findingId }: WriteBack, parts: WriterParts): Promise<WrittenBack> {
  const one = await parts.claims.find(caseId);
  if (one?.status !== 'DONE' && one?.status !== 'FAILED') throw named('NotEnded');
  const wanted = await statusOf(one, parts);
  const found = await parts.findings(one.accountId, findingId);
  if (found.length === 0) throw named('NotThereYet'); // Macie publishes, and Security Hub takes in, in their own time
  const outcomes: WrittenBack[] = [];
  for (const finding of found) outcomes.push(await write(finding, one, wanted, parts));
  return outcomes.find((outcome) => outcome !== 'Known') ?? 'Known';
}

interface Wanted {
  readonly status: WorkflowStatus;
  readonly steps: StepResult[];
}

async function statusOf(one: Case, { claims, ledger }: WriterParts): Promise<Wanted> {
  const released = (await claims.decidedBy(one.id, 'UNDO')) !== undefined;
  const steps = await resultsOf(one, ledger, released ? 'UNDO' : 'APPLY');
  if (released) return { status: 'NEW', steps };
  const isOver = steps.every(({ outcome }) => ['CHANGED', 'UNCHANGED', 'GONE'].includes(outcome));
  const contains = steps.some(({ action }) => CONTAINING.includes(action));
  return { status: one.status === 'DONE' && isOver && contains ? 'RESOLVED' : 'NOTIFIED', steps };
}

async function write(finding: AwsSecurityFinding, one: Case, { status, steps }: Wanted, parts: WriterParts) {
  const { Id, ProductArn, Workflow, Note } = finding;
  const current = Workflow?.Status ?? 'NEW';
  const isOurs = Note?.UpdatedBy === SIGNATURE;
  const isOfCase = isOurs && Note.Text?.includes(one.id) === true;
  if (current === status) return 'Known';
  // A release takes back what this very case said; apart from that a status only rises, up to what a person suppressed.
  const mayWrite = status === 'NEW' ? isOfCase && current !== 'SUPPRESSED' : RANKS[current] < RANKS[status];
  if (!mayWrite) return 'Left';
  const { UnprocessedFindings = [] } = await parts.update({
    FindingIdentifiers: [{ Id, ProductArn }],
    Workflow: { Status: status },
    // There is one note to a finding, and a person's is not ours to replace.
    ...(Note && !isOurs ? {} : { Note: { Text: noteOf(one, status, steps), UpdatedBy: SIGNATURE } }),
  });
  if (UnprocessedFindings.length > 0) throw named(UnprocessedFindings[0].ErrorCode ?? 'Unprocessed');
  return 'Written';
}

/** What people read beside the status: nothing that names the object. */
function noteOf({ id }: Case, status: WorkflowStatus, steps: StepResult[]): string {
  const said = steps.map(({ action, outcome }) => `${action} ${outcome}`).join(', ');
  return `Macie response${status === 'NEW' ? ', taken back' : ''}: ${said}. Case ${id}`;
}

/** Errors are known by their names, which is all that is logged of them. */
function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}
