/** For SDK clients whose calls the handler repeats itself. A call without an answer ends long before the function. */
export const clientSettings = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

/** For the client of Amazon SQS: the host is that of the Region, whatever the URL of a queue says. */
export const queueSettings = { ...clientSettings, useQueueUrlAsEndpoint: false };
