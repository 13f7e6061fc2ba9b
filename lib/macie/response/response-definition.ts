import type { Duration } from 'aws-cdk-lib';

export interface DefinedStep {
  /** How the step reads in the console. */
  readonly name: string;
  readonly functionArn: string;

  /** Its place among the steps that act; what its row in the ledger is named by. */
  readonly index: number;
  readonly timeout: Duration;
}

export interface DefinedApproval {
  readonly name: string;
  readonly waits: Duration;
}

export interface DefinitionProps {
  readonly partition: string;
  readonly steps: (DefinedStep | DefinedApproval)[];
  readonly messengerArn: string;
}

type State = Record<string, unknown>;

/** What passes by itself: the service, the network, a function that died, a step that another one keeps waiting. */
const RETRY = [
  { ErrorEquals: ['Busy'], IntervalSeconds: 30, MaxAttempts: 40, BackoffRate: 1.1, MaxDelaySeconds: 120 },
  {
    ErrorEquals: ['States.ALL'],
    IntervalSeconds: 2,
    MaxAttempts: 8,
    BackoffRate: 2.5,
    MaxDelaySeconds: 600,
    JitterStrategy: 'FULL',
  },
];

/**
 * The state machine of a response: its steps one after the other and, for a release, back again.
 *
 * What travels is the id of the case. Whatever names an object stays in the table.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
 */
export function renderDefinition({ partition, steps, messengerArn }: DefinitionProps): object {
  const acting = steps.filter((step): step is DefinedStep => 'functionArn' in step);
  const invoke = (FunctionName: string, Payload: object, way = ''): State => ({
    Type: 'Task',
    Resource: `arn:${partition}:states:::lambda:invoke${way}`,
    Parameters: { FunctionName, Payload },
    ResultPath: null,
    Retry: RETRY,
  });
  const tell = (occasion: string, next: State): State => ({
    ...invoke(messengerArn, { 'caseId.$': '$.caseId', occasion }),
    TimeoutSeconds: 120,
    ...next,
  });
  const failed = { ErrorEquals: ['States.ALL'], ResultPath: null, Next: 'Tell of failure' };

  const forward = steps.map((step, i): [string, State] => {
    const Next = steps[i + 1]?.name ?? 'Tell of end';
    return 'functionArn' in step ? [step.name, act(step, Next)] : [step.name, wait(step, Next)];
  });
  const back = acting.map((step, i): [string, State] => [
    `Take back ${step.name}`,
    act(step, i === 0 ? 'Tell of release' : `Take back ${acting[i - 1].name}`),
  ]);

  function act({ functionArn, index, timeout }: DefinedStep, Next: string): State {
    return {
      ...invoke(functionArn, { 'caseId.$': '$.caseId', step: index, 'undo.$': '$.undo' }),
      TimeoutSeconds: timeout.toSeconds() + 30,
      Catch: [failed],
      Next,
    };
  }

  function wait({ waits }: DefinedApproval, Next: string): State {
    const payload = { 'caseId.$': '$.caseId', occasion: 'APPROVAL', 'token.$': '$$.Task.Token' };
    const retry = [{ ErrorEquals: ['Rejected', 'States.Timeout'], MaxAttempts: 0 }, ...RETRY];
    return {
      ...invoke(messengerArn, payload, '.waitForTaskToken'),
      Retry: retry,
      TimeoutSeconds: waits.toSeconds(),
      Catch: [
        { ErrorEquals: ['Rejected'], ResultPath: null, Next: 'Tell of rejection' },
        { ErrorEquals: ['States.Timeout'], ResultPath: null, Next: 'Tell of silence' },
        failed,
      ],
      Next,
    };
  }

  const waits = acting.length < steps.length;
  return {
    StartAt: 'Which way',
    States: {
      'Which way': {
        Type: 'Choice',
        Choices: [{ Variable: '$.undo', BooleanEquals: true, Next: back[back.length - 1][0] }],
        Default: forward[0][0],
      },
      ...Object.fromEntries([...forward, ...back]),
      'Tell of end': tell('FINISHED', { End: true }),
      'Tell of release': tell('RELEASED', { End: true }),
      'Tell of failure': tell('FAILED', { Next: 'Failed' }),
      ...(waits && {
        'Tell of rejection': tell('REJECTED', { End: true }),
        'Tell of silence': tell('EXPIRED', { Next: 'Failed' }),
      }),
      Failed: { Type: 'Fail', Error: 'ResponseFailed' },
    },
  };
}
