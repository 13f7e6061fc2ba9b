/** A state of the Amazon States Language, as far as it is used here. */
interface State {
  readonly Type: 'Task' | 'Choice' | 'Wait' | 'Succeed';
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: { readonly Variable: string; readonly BooleanEquals: boolean; readonly Next: string }[];
  readonly Retry?: { readonly MaxAttempts: number }[];
  readonly Catch?: { readonly ResultPath: string; readonly Next: string }[];
}

export interface Definition {
  readonly StartAt: string;
  readonly States: Record<string, State>;
}

/**
 * Runs a state machine of tasks that all call one function with the whole state. Waiting takes no time.
 *
 * @param task throws where the function fails
 * @returns the names of the states that were entered
 */
export async function runStateMachine(
  { StartAt, States }: Definition,
  input: object,
  task: (input: object) => Promise<object>,
): Promise<string[]> {
  const entered: string[] = [];
  let data: any = input;
  for (let name: string | undefined = StartAt; name;) {
    const state: State = States[name];
    entered.push(name);
    if (entered.length > 2000) throw new Error('the state machine does not come to an end');
    switch (state.Type) {
      case 'Succeed':
        return entered;
      case 'Wait':
        name = state.Next;
        break;
      case 'Choice':
        name =
          state.Choices!.find(({ Variable, BooleanEquals }) => data[Variable.replace('$.', '')] === BooleanEquals)
            ?.Next ?? state.Default;
        break;
      case 'Task': {
        const outcome = await attempt(state, data, task);
        data = outcome.data;
        name = outcome.next;
      }
    }
  }
  throw new Error('a state leads nowhere');
}

async function attempt(state: State, data: object, task: (input: object) => Promise<object>) {
  for (let left = state.Retry?.[0].MaxAttempts ?? 0; ; left--) {
    try {
      return { data: await task(data), next: state.Next };
    } catch (error) {
      if (left > 0) continue;
      const [handler] = state.Catch ?? [];
      if (!handler) throw error;
      const failure = { Error: 'Error', Cause: String(error) };
      return { data: { ...data, [handler.ResultPath.replace('$.', '')]: failure }, next: handler.Next };
    }
  }
}
