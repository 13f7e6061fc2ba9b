import { createHash } from 'crypto';
import type { ClusterOperationInfo, Cluster, ConnectivityInfo } from '@aws-sdk/client-kafka';
import { isAccessDenied, isTransient } from '../shared/aws-errors';
import type { AwsError } from '../shared/aws-errors';
import type { Clock } from '../shared/clock';
import type { CustomResource } from '../shared/custom-resource';
import { Patience } from '../shared/patience';
import { firstChange } from './settings';
import type { Change, Settings } from './settings';

export interface Properties {
  readonly ClusterArn: string;
  readonly StateMachineArn: string;
  /** The logical id of the wait condition's handle: another one for each change of the settings. */
  readonly Handle: string;
  readonly Settings: Settings;
}

/** What the state machine hands from one look at the cluster to the next. Nothing in it opens a door. */
export interface Run {
  readonly ClusterArn: string;
  readonly StackId: string;
  readonly Handle: string;
  /** Tells the handle from one of the same name in another deployment. */
  readonly Ticket: string;
  readonly Settings: Settings;
  readonly Looks?: number;
  /** What was asked of the service, and not seen to be done yet. */
  readonly Requested?: { readonly Setting: string; readonly Times: number; readonly OperationArn?: string };
  /** What the state machine caught when a look failed for good. */
  readonly Failure?: { readonly Error?: string; readonly Cause?: string };
}

/** The outcome of one look. */
export interface Look extends Run {
  readonly Done: boolean;
}

/** The calls to the services. */
export interface Services {
  cluster(clusterArn: string): Promise<Cluster | undefined>;
  /** @returns the ARN of the operation */
  updateConnectivity(clusterArn: string, version: string, connectivity: ConnectivityInfo): Promise<string | undefined>;
  operation(clusterArn: string, operationArn: string): Promise<ClusterOperationInfo | undefined>;
  /** The URL of the handle; undefined where there is no such resource, or none any more. */
  waitHandle(stackId: string, logicalId: string): Promise<string | undefined>;
  /** Starts an execution, unless one of this name ran before. */
  start(stateMachineArn: string, name: string, input: Run): Promise<void>;
  signal(url: string, body: string): Promise<void>;
}

/** The policy of the function is as young as the resource, and IAM takes its time to tell everybody. */
const PATIENCE_MS = 120_000;

/** The state machine looks once a minute, and CloudFormation waits for twelve hours. */
const MOST_LOOKS = 11 * 60;

/** How often a request is made whose answer got lost. */
const MOST_REQUESTS = 3;

/** The service names a version that is not the cluster's any more: something else has changed it meanwhile. */
const OLD_VERSION = /version/i;

/**
 * `Custom::MskClusterSettings`: starts what brings the settings about, and does not wait for it.
 *
 * There is one execution for each handle. A roll-back brings back the handle of the deployment before, which has been
 * served, and so starts nothing: the cluster keeps the setting until the next deployment.
 */
export function clusterSettings(services: Services, clock: Clock): CustomResource<Properties> {
  return {
    async ensure({ StackId, ResourceProperties: { ClusterArn, StateMachineArn, Handle, Settings } }) {
      const patience = new Patience(clock, PATIENCE_MS);
      const url = await patience.call(() => services.waitHandle(StackId, Handle), isWorthWaiting);
      if (url === undefined) throw new Error(`the stack has no wait condition handle ${Handle}`);
      const Ticket = ticketOf(url);
      const run: Run = { ClusterArn, StackId, Handle, Ticket, Settings };
      await patience.call(() => services.start(StateMachineArn, Ticket, run), isWorthWaiting);
      return { physicalResourceId: `${ClusterArn}/settings` };
    },
  };
}

/** The URL answers in the name of the resource, so the name of an execution must not hold it. */
export function ticketOf(url: string): string {
  return createHash('sha256').update(url).digest('hex');
}

/** One look at the cluster: asks for the next change when the cluster is ready for it, and signals when all is done. */
export async function look(run: Run, services: Services, clock: Clock): Promise<Look> {
  const patience = new Patience(clock, PATIENCE_MS);
  const url = await patience.call(() => services.waitHandle(run.StackId, run.Handle), isWorthWaiting);
  if (url === undefined || ticketOf(url) !== run.Ticket) {
    // The deployment was rolled back or given up: what has been asked for stays, nothing more is.
    console.log(JSON.stringify({ abandoned: run.Handle }));
    return { ...run, Done: true };
  }
  const end = async (problem?: string): Promise<Look> => {
    console.log(JSON.stringify({ cluster: run.ClusterArn, settled: problem ?? 'all settings are in place' }));
    const status = problem === undefined ? 'SUCCESS' : 'FAILURE';
    const Reason = problem === undefined ? 'the settings are in place' : problem.slice(0, 1000);
    await services.signal(url, JSON.stringify({ Status: status, UniqueId: run.Ticket, Data: status, Reason }));
    return { ...run, Done: true };
  };
  if (run.Failure) {
    return end(
      `the settings of the cluster could not be changed: ${run.Failure.Error ?? ''} ${run.Failure.Cause ?? ''}`,
    );
  }
  let next: Run | 'done';
  try {
    next = await proceed(run, services, patience);
  } catch (error) {
    // Trouble that passes is the state machine's to repeat; everything else is an answer.
    if (isTransient(error as AwsError)) throw error;
    return end(`${(error as Error).name}: ${(error as Error).message}`);
  }
  return next === 'done' ? end() : { ...next, Looks: (run.Looks ?? 0) + 1, Done: false };
}

async function proceed(run: Run, services: Services, patience: Patience): Promise<Run | 'done'> {
  const { ClusterArn, Settings } = run;
  const cluster = await patience.call(() => services.cluster(ClusterArn), isWorthWaiting);
  const state = cluster?.State ?? 'gone';
  if (state === 'gone' || state === 'DELETING' || state === 'FAILED') throw new Error(`the cluster is ${state}`);
  const change = firstChange(Settings, cluster?.Provisioned?.BrokerNodeGroupInfo?.ConnectivityInfo);
  if (state === 'ACTIVE' && change === undefined) return 'done';
  if ((run.Looks ?? 0) >= MOST_LOOKS) {
    throw new Error(
      `the cluster is ${state} after 11 hours, and ${change ? `${change.setting} is not as wanted` : 'its settings are as wanted'}`,
    );
  }
  if (state !== 'ACTIVE' || change === undefined) return run;

  const asked = run.Requested?.Setting === change.setting ? run.Requested : undefined;
  if (asked?.OperationArn !== undefined) {
    const operation = await patience.call(() => services.operation(ClusterArn, asked.OperationArn!), isWorthWaiting);
    if (!operation?.OperationState?.endsWith('FAILED')) return run; // The cluster does not show it yet.
    const { ErrorCode = '', ErrorString = 'the service does not say why' } = operation.ErrorInfo ?? {};
    throw new Error(`${change.setting} could not be changed: ${ErrorCode} ${ErrorString}`);
  }
  const times = (asked?.Times ?? 0) + 1;
  if (times > MOST_REQUESTS)
    throw new Error(`${change.setting} was asked for ${times - 1} times, and nothing came of it`);
  return request(run, change, cluster!.CurrentVersion!, times, services, patience);
}

async function request(
  run: Run,
  { setting, connectivity }: Change,
  version: string,
  times: number,
  services: Services,
  patience: Patience,
): Promise<Run> {
  try {
    const OperationArn = await patience.call(
      () => services.updateConnectivity(run.ClusterArn, version, connectivity),
      isWorthWaiting,
    );
    return { ...run, Requested: { Setting: setting, Times: times, OperationArn } };
  } catch (error) {
    const { name, message } = error as AwsError;
    // A first try whose answer got lost has taken effect, or somebody else is at work: the next look will tell.
    if (name === 'BadRequestException' && OLD_VERSION.test(message)) {
      return { ...run, Requested: { Setting: setting, Times: times } };
    }
    throw error;
  }
}

function isWorthWaiting(error: AwsError): boolean {
  return isAccessDenied(error) || isTransient(error);
}
