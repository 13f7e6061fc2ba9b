/** An error of the Kafka client; what the brokers said is inside, at any depth. */
export interface KafkaError extends Error {
  /** What went wrong with the client: `PLT_KFK_NETWORK`. */
  readonly code?: string;
  /** What the brokers call it: `TOPIC_ALREADY_EXISTS`. */
  readonly apiId?: string;
  readonly serverErrorMessage?: string | null;
  readonly errors?: KafkaError[];
}

/** An error and all that it was made of. */
function allOf(error: KafkaError): KafkaError[] {
  const inside = [...(error.errors ?? []), ...(error.cause instanceof Error ? [error.cause as KafkaError] : [])];
  return [error, ...inside.flatMap(allOf)];
}

export function isRefusal(error: unknown, apiId: string): boolean {
  return allOf(error as KafkaError).some((each) => each.apiId === apiId);
}

/**
 * A policy that the brokers do not know yet, a broker that is away, or one that has not heard of a change: all pass. With
 * a broker away, a topic can not get all its replicas.
 */
const PASSING = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'INVALID_REPLICATION_FACTOR',
  'NOT_CONTROLLER',
  'THROTTLING_QUOTA_EXCEEDED',
  'REASSIGNMENT_IN_PROGRESS',
]);
const PASSING_CLIENT = new Set(['PLT_KFK_NETWORK', 'PLT_KFK_TIMEOUT', 'PLT_KFK_AUTHENTICATION']);

export function isPassing(error: Error): boolean {
  const all = allOf(error);
  const refused = all.filter(({ apiId }) => apiId !== undefined);
  return refused.length > 0
    ? refused.every(({ apiId }) => PASSING.has(apiId!))
    : all.some(({ code }) => PASSING_CLIENT.has(code ?? ''));
}

/** What the brokers said, else what the client met: `INVALID_CONFIG: Unknown topic config name: retention`. */
export function explained(error: Error): { name: string; message: string } {
  const all = allOf(error);
  const refusals = all.filter(({ apiId }) => apiId !== undefined);
  if (refusals.length > 0) {
    const texts = refusals.map(
      ({ apiId, serverErrorMessage, message }) => `${apiId}: ${serverErrorMessage ?? message}`,
    );
    return { name: 'KafkaError', message: [...new Set(texts)].join('; ') };
  }
  const deepest = all.filter(({ errors, cause }) => !errors?.length && !(cause instanceof Error));
  return { name: error.name, message: [...new Set(deepest.map(({ message }) => message))].join('; ') };
}
