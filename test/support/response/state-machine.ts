/** What a task gave, or the error that it ended with. */
export type TaskResult = { readonly output: unknown } | { readonly error: string; readonly cause?: string };

export interface Tasks {
  invoke(functionArn: string, payload: unknown): Promise<TaskResult>;

  /** A task that waits for its token: whatever answers it, or nothing where the time is up. */
  wait(token: string): Promise<TaskResult | undefined>;
  newToken(): string;

  /** Time that goes by before another try. */
  pause(seconds: number): void;
}

export interface Execution {
  readonly status: 'SUCCEEDED' | 'FAILED';
  readonly output?: unknown;

  /** All that the service would keep of the run and show to whoever may read it. */
  readonly history: unknown[];
}

/**
 * The part of the Amazon States Language that the responses use: `Task` on functions with and without a token, `Choice`
 * on a boolean, `Fail`; `Parameters`, `ResultPath` null, `Retry`, `Catch`, `Next`, `End`. Anything else is an error.
 *
 * Pauses are left to the test, and everything is tried as often as the definition says.
 *
 * @see https://states-language.net/spec.html
 */
export async function runStateMachine(definition: any, input: unknown, tasks: Tasks): Promise<Execution> {
  const history: unknown[] = [{ event: 'ExecutionStarted', input }];
  let name: string = definition.StartAt;
  for (;;) {
    const state = definition.States[name];
    if (!state) throw new Error(`there is no state ${name}`);
    history.push({ event: 'StateEntered', name });
    if (state.Type === 'Fail') {
      known(state, ['Error']);
      return { status: 'FAILED', history };
    }
    if (state.Type === 'Choice') {
      known(state, ['Choices', 'Default']);
      const met = state.Choices.find((choice: any) => {
        known(choice, ['Variable', 'BooleanEquals', 'Next'], 'choice');
        return valueAt(choice.Variable, input, '') === choice.BooleanEquals;
      });
      name = met ? met.Next : state.Default;
      continue;
    }
    known(state, ['Resource', 'Parameters', 'ResultPath', 'TimeoutSeconds', 'Retry', 'Catch', 'Next', 'End']);
    if (state.Type !== 'Task' || state.ResultPath !== null) throw new Error(`${name} can not be played`);
    const error = await attempt(state, input, tasks, history);
    if (error === undefined) {
      if (state.End) return { status: 'SUCCEEDED', output: input, history };
      name = state.Next;
      continue;
    }
    const caught = (state.Catch ?? []).find(({ ErrorEquals }: any) => names(ErrorEquals, error));
    if (!caught) return { status: 'FAILED', history };
    if (caught.ResultPath !== null) throw new Error(`${name} keeps what it caught`);
    name = caught.Next;
  }
}

async function attempt(state: any, input: unknown, tasks: Tasks, history: unknown[]): Promise<string | undefined> {
  const tries = new Map<object, number>();
  for (;;) {
    const error = await once(state, input, tasks, history);
    if (error === undefined) return undefined;
    const retrier = (state.Retry ?? []).find(({ ErrorEquals }: any) => names(ErrorEquals, error));
    const tried = tries.get(retrier) ?? 0;
    if (!retrier || tried >= (retrier.MaxAttempts ?? 3)) return error;
    tries.set(retrier, tried + 1);
    const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity } = retrier;
    tasks.pause(Math.min(IntervalSeconds * BackoffRate ** tried, MaxDelaySeconds));
    history.push({ event: 'TaskRetried', error });
  }
}

async function once(state: any, input: unknown, tasks: Tasks, history: unknown[]): Promise<string | undefined> {
  const waits = state.Resource.endsWith(':states:::lambda:invoke.waitForTaskToken');
  if (!waits && !state.Resource.endsWith(':states:::lambda:invoke')) throw new Error(`${state.Resource} is not played`);
  const token = tasks.newToken();
  const { FunctionName, Payload } = render(state.Parameters, input, token) as any;
  history.push({ event: 'TaskScheduled', FunctionName, Payload });
  let result: TaskResult | undefined = await tasks.invoke(FunctionName, Payload);
  if (waits && !('error' in result)) result = (await tasks.wait(token)) ?? { error: 'States.Timeout' };
  history.push({ event: 'TaskEnded', result });
  return 'error' in result ? result.error : undefined;
}

function render(template: any, input: unknown, token: string): unknown {
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) return template.map((member) => render(member, input, token));
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$')
        ? [key.slice(0, -2), valueAt(String(value), input, token)]
        : [key, render(value, input, token)],
    ),
  );
}

function valueAt(path: string, input: any, token: string): unknown {
  if (path === '$$.Task.Token') return token;
  const name = /^\$\.(\w+)$/.exec(path)?.[1];
  if (name === undefined || !(name in input)) throw new Error(`${path} is not in ${JSON.stringify(input)}`);
  return input[name];
}

function names(errors: string[], error: string): boolean {
  // A time-out is named by States.ALL as well.
  return errors.includes(error) || errors.includes('States.ALL');
}

function known(state: object, members: string[], what = 'state'): void {
  const unknown = Object.keys(state).find((name) => name !== 'Type' && !members.includes(name));
  if (unknown !== undefined) throw new Error(`${unknown} in a ${what} is not played`);
}
