/** What the errors of SDK clients have in common. Names are compared, not classes: not every error is in the model. */
export interface AwsError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** `ForbiddenException` is what the model of MSK calls it, `AccessDeniedException` what IAM answers. */
export function isAccessDenied({ name }: AwsError): boolean {
  return name.startsWith('AccessDenied') || name === 'ForbiddenException';
}

export function isThrottled({ name, $metadata }: AwsError): boolean {
  return $metadata?.httpStatusCode === 429 || /^(Throttl|TooManyRequests|RequestLimitExceeded)/.test(name);
}

/** Throttling, trouble inside the service, and answers that got lost. The call may have taken effect. */
export function isTransient(error: AwsError): boolean {
  const { name, code, $metadata } = error;
  const lost = name === 'TimeoutError' || /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN)/.test(code ?? '');
  return isThrottled(error) || lost || ($metadata?.httpStatusCode ?? 0) >= 500;
}
