import { Arn, ArnFormat, Duration, Names, Stack, Token } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { validationError } from '../../private/errors';
import { injectable } from '../../private/injectable';
import { FindingCategory } from '../finding-pattern';
import type { FindingPatternOptions } from '../finding-pattern';
import { FindingRule } from '../finding-rule';
import { renderDefinition } from './response-definition';
import type { DefinedApproval, DefinedStep } from './response-definition';
import { ResponseFunction } from './response-function';
import type { IResponseHub } from './response-hub';
import {
  actionStatements,
  admitMembers,
  bucketArns,
  denyRestricted,
  isPolicyHolder,
  memberRoleName,
  quarantineStatements,
  RESPONSE_RULE_PREFIX,
  roleNameOf,
} from './response-rights';
import { ResponseAction, ResponseStep } from './response-step';

/** Whether a response changes anything. */
export enum ResponseMode {
  /** Looks at what it would do, writes it down and tells people. */
  DRY_RUN = 'DRY_RUN',

  /** Does it. */
  ENFORCE = 'ENFORCE',
}

/** Whose buckets a response is for. */
export enum FindingScope {
  /** Those of the account that the response is in. */
  OWN_ACCOUNT = 'OWN_ACCOUNT',

  /** Those of the accounts that the pattern names, each of which has a `MemberResponseRole`. */
  MEMBER_ACCOUNTS = 'MEMBER_ACCOUNTS',
}

/** Which findings, and what is done about them. */
export interface FindingResponseProps extends FindingPatternOptions {
  /** What the responses of this account and Region share. */
  readonly hub: IResponseHub;

  /**
   * What is done, in this order.
   *
   * Steps about objects answer findings about sensitive data, steps about buckets those about the safety of buckets.
   * `ResponseStep.tagBucket()` goes with both; alone it answers those about sensitive data, unless `categories` says else.
   */
  readonly steps: ResponseStep[];

  /**
   * Whether anything is changed.
   *
   * @default ResponseMode.DRY_RUN
   */
  readonly mode?: ResponseMode;

  /**
   * Whose buckets it is for.
   *
   * @default FindingScope.OWN_ACCOUNT
   */
  readonly scope?: FindingScope;
}

const STEP_TIMEOUT = Duration.minutes(15);

/**
 * Does something about findings: a pattern, steps and a mode.
 *
 * Name the buckets, in `buckets` or `bucketNames`: the rights of the steps are for these and no others. Each finding
 * goes through the hub, which starts the steps once for each version of an object. In a dry run, the default, they only
 * look.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/findings-monitor-events-eventbridge.html
 */
@injectable
export class FindingResponse extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FindingResponse';

  /** Carries the steps out; ids are all that its history holds. */
  public readonly stateMachine: stepfunctions.StateMachine;

  /** Sends the findings to the hub. */
  public readonly rule: FindingRule;

  constructor(scope: Construct, id: string, props: FindingResponseProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const {
      hub,
      steps: wanted,
      mode = ResponseMode.DRY_RUN,
      scope: whose = FindingScope.OWN_ACCOUNT,
      ...pattern
    } = props;
    const steps = withApproval(wanted);
    const subject = requireOneSubject(this, steps, pattern);
    requireBuckets(this, pattern);
    const accounts = requireAccounts(this, whose, pattern, steps);

    const acting = steps.filter(({ action }) => action !== ResponseAction.APPROVAL);
    const changing = mode === ResponseMode.ENFORCE;
    const timeout = STEP_TIMEOUT;
    const functions = acting.map((step, index) =>
      this.executor(step, index, { hub, pattern, changing, accounts, timeout }),
    );
    const defined = steps.flatMap((step, i): (DefinedStep | DefinedApproval)[] => {
      const name = `${i + 1} ${step.action}`;
      const index = acting.indexOf(step);
      if (index >= 0) return [{ name, index, functionArn: functions[index].function.functionArn, timeout }];
      return changing ? [{ name, waits: step._options.timeout ?? Duration.hours(24) }] : [];
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('states.amazonaws.com') });
    const invoked = [...functions.map((one) => one.function.functionArn), hub.messengerFunctionArn];
    const invoke = new iam.Policy(this, 'Policy', {
      roles: [role],
      statements: [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: invoked })],
    });
    this.stateMachine = new stepfunctions.StateMachine(this, 'StateMachine', {
      definitionBody: stepfunctions.DefinitionBody.fromString(
        stack.toJsonString(
          renderDefinition({ partition: stack.partition, steps: defined, messengerArn: hub.messengerFunctionArn }),
        ),
      ),
      role,
      logs: {
        level: stepfunctions.LogLevel.ALL,
        includeExecutionData: false,
        destination: new logs.LogGroup(this, 'LogGroup', { retention: logs.RetentionDays.ONE_YEAR }),
      },
    });
    this.stateMachine.node.addDependency(invoke);
    // What changed nothing has nothing to take back.
    const starters = changing ? [hub.dispatcherRoleArn, hub.operatorRoleArn] : [hub.dispatcherRoleArn];
    new iam.Policy(this, 'Starters', {
      roles: starters.map((arn, i) => iam.Role.fromRoleArn(this, `Starter${i}`, arn)),
      statements: [
        new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [this.stateMachine.stateMachineArn] }),
      ],
    });

    const members = accounts.filter((account) => account !== stack.account);
    if (changing) this.guard(steps, pattern, members);
    this.rule = new FindingRule(this, 'Findings', {
      ...pattern,
      categories: [subject === 'OBJECT' ? FindingCategory.CLASSIFICATION : FindingCategory.POLICY],
      accounts: pattern.accounts ?? [stack.account],
      ruleName: ruleName(this),
      description: `Responds to Macie findings: ${steps.map(({ action }) => action).join(', ')} (${mode})`,
      targets: [
        toQueue(hub.queueArn, {
          version: 1,
          response: this.node.path,
          stateMachineArn: this.stateMachine.stateMachineArn,
          mode,
          subject,
          actions: acting.map(planned),
          changes: changing ? acting.length : 0,
          ...(whose === FindingScope.MEMBER_ACCOUNTS && { accounts }),
          findingId: events.EventField.fromPath('$.detail.id'),
        }),
      ],
    });
  }

  private executor(step: ResponseStep, index: number, plan: Plan): ResponseFunction {
    const { action, _options } = step;
    const { quarantine } = _options;
    const { hub, pattern, changing, accounts, timeout } = plan;
    const stack = Stack.of(this);
    const id = `Step${index + 1}`;
    const members = accounts.filter((account) => account !== stack.account);
    const memberRole = (account: string) =>
      Arn.format(
        { service: 'iam', region: '', account, resource: 'role', resourceName: memberRoleName(this, action) },
        stack,
      );
    const roleName = roleNameOf(this, action);
    return new ResponseFunction(this, id, {
      handler: 'macie-response-executor',
      description: `Response to Macie findings: ${action}`,
      roleName,
      timeout,
      environment: {
        HUB: stack.splitArn(hub.queueArn, ArnFormat.NO_RESOURCE_NAME).resource,
        ACCOUNT: stack.account,
        ACTION: action,
        ROLE: roleName,
        CLAIMS_TABLE: nameIn(hub.claimsTableArn, stack),
        LEDGER_TABLE: nameIn(hub.ledgerTableArn, stack),
        ...(quarantine && {
          OPTIONS: stack.toJsonString({
            quarantine: quarantine.quarantine.bucketName,
            prefixes: quarantine.prefixes,
            tables: quarantine.tablePrefixes ?? [],
          }),
        }),
        ...(members.length > 0 && { MEMBER_ROLE: memberRole('ACCOUNT') }),
      },
      statements: [
        ...tableStatements(hub, changing),
        ...(members.length < accounts.length
          ? [
              ...actionStatements({
                action,
                bucketArns: bucketArns(this, pattern),
                changing,
                account: stack.account,
                prefixes: quarantine?.prefixes,
              }),
              ...(quarantine ? quarantineStatements(action, quarantine, pattern.buckets ?? [], changing) : []),
            ]
          : []),
        ...(members.length > 0
          ? [new iam.PolicyStatement({ actions: ['sts:AssumeRole'], resources: members.map(memberRole) })]
          : []),
      ],
    });
  }

  private guard(steps: ResponseStep[], { buckets = [] }: FindingPatternOptions, members: string[]): void {
    for (const { action, _options } of members.length > 0 ? steps : []) {
      if (_options.quarantine) admitMembers(this, action, _options.quarantine.quarantine, members);
    }
    for (const { _options } of steps.filter(({ action }) => action === ResponseAction.RESTRICT)) {
      for (const bucket of buckets) {
        if (isPolicyHolder(bucket)) denyRestricted(this, bucket, _options.readers ?? []);
      }
    }
  }
}

/** What a step does, and where to: two plans of the same steps are two claims. */
function planned({ action, _options }: ResponseStep): string {
  return _options.quarantine ? `${action}:${_options.quarantine.quarantine.bucketName}` : action;
}

/** Nothing is moved unless a person says so, or a template says that nobody has to. */
function withApproval(steps: ResponseStep[]): ResponseStep[] {
  const move = steps.findIndex(
    ({ action, _options }) => action === ResponseAction.MOVE && _options.quarantine?.approval !== false,
  );
  const isAskedFor = steps.slice(0, move).some(({ action }) => action === ResponseAction.APPROVAL);
  return move < 0 || isAskedFor ? steps : [...steps.slice(0, move), ResponseStep.approval(), ...steps.slice(move)];
}

interface Plan {
  readonly hub: IResponseHub;
  readonly pattern: FindingPatternOptions;
  readonly changing: boolean;
  readonly accounts: string[];
  readonly timeout: Duration;
}

function requireOneSubject(scope: Construct, steps: ResponseStep[], pattern: FindingPatternOptions): ResponseSubject {
  const acting = steps.filter(({ action }) => action !== ResponseAction.APPROVAL);
  const subjects = [...new Set(acting.flatMap(({ action }) => subjectOf(action) ?? []))];
  const [subject = pattern.categories?.[0] === FindingCategory.POLICY ? 'BUCKET' : 'OBJECT'] = subjects;
  const repeated = steps.find(({ action }, i) => steps.findIndex((other) => other.action === action) !== i);
  const wrong = pattern.categories?.find((category) => category !== CATEGORIES[subject]);
  const problem = [
    acting.length === 0 && 'no step does anything; add one, for example ResponseStep.restrict()',
    subjects.length > 1 && 'some steps are about objects and some about buckets; make two responses',
    repeated && `${repeated.action} is there twice; a step does its work once`,
    steps[steps.length - 1]?.action === ResponseAction.APPROVAL && 'nothing comes after the approval; put it first',
    wrong &&
      `categories has ${wrong}, but the steps are about findings of category ${CATEGORIES[subject]}; leave it out`,
  ].find((text) => text);
  if (problem) throw validationError('ResponseSteps', problem, scope);
  return subject;
}

type ResponseSubject = 'OBJECT' | 'BUCKET';
const CATEGORIES = { OBJECT: FindingCategory.CLASSIFICATION, BUCKET: FindingCategory.POLICY };

/** What a step is about, where it is not about either. */
function subjectOf(action: ResponseAction): ResponseSubject | undefined {
  if (action === ResponseAction.TAG_BUCKET) return undefined;
  return action === ResponseAction.BLOCK_PUBLIC_ACCESS ? 'BUCKET' : 'OBJECT';
}

function requireBuckets(scope: Construct, { buckets = [], bucketNames = [] }: FindingPatternOptions): void {
  if (buckets.length + bucketNames.length > 0) return;
  throw validationError(
    'ResponseBuckets',
    "neither buckets nor bucketNames says which buckets may be changed; name them, or say bucketNames: ['*']",
    scope,
  );
}

/** The accounts whose buckets are acted on. */
function requireAccounts(
  scope: Construct,
  whose: FindingScope,
  { accounts }: FindingPatternOptions,
  steps: ResponseStep[],
): string[] {
  const own = Stack.of(scope).account;
  if (whose === FindingScope.MEMBER_ACCOUNTS) {
    const keyless = steps.map(({ _options }) => _options.quarantine?.quarantine).find((to) => to && !to.encryptionKey);
    if (keyless) {
      const problem = `the quarantine '${keyless.node.path}' has no KMS key that is known, which member accounts have to be let use`;
      throw validationError(
        'ResponseAccounts',
        `${problem}; take a QuarantineBucket, or import it with its encryptionKey`,
        scope,
      );
    }
    if (accounts?.length) return accounts;
    throw validationError('ResponseAccounts', 'a response for member accounts needs accounts; name them', scope);
  }
  const other = accounts?.find(
    (account) => !Token.isUnresolved(account) && !Token.isUnresolved(own) && account !== own,
  );
  if (other === undefined) return [own];
  throw validationError(
    'ResponseAccounts',
    `accounts has ${other}, which is not the account of the response; set scope to FindingScope.MEMBER_ACCOUNTS`,
    scope,
  );
}

function tableStatements({ claimsTableArn, ledgerTableArn }: IResponseHub, changing: boolean): iam.PolicyStatement[] {
  const on = (table: string, actions: string[]) =>
    new iam.PolicyStatement({ actions: actions.map((action) => `dynamodb:${action}`), resources: [table] });
  return [
    on(claimsTableArn, ['GetItem', ...(changing ? ['PutItem', 'DeleteItem'] : [])]), // the lock of an object
    on(ledgerTableArn, ['GetItem', 'PutItem', ...(changing ? ['UpdateItem'] : [])]),
  ];
}

function ruleName(scope: Construct): string {
  const maxLength = 64 - RESPONSE_RULE_PREFIX.length;
  return RESPONSE_RULE_PREFIX + Names.uniqueResourceName(scope, { maxLength, separator: '-' });
}

/** The queue's own policy lets the rules of responses in. */
function toQueue(queueArn: string, message: object): events.IRuleTarget {
  return { bind: () => ({ arn: queueArn, input: events.RuleTargetInput.fromObject(message) }) };
}

function nameIn(tableArn: string, stack: Stack): string {
  return stack.splitArn(tableArn, ArnFormat.SLASH_RESOURCE_NAME).resourceName ?? '';
}
