/** The kinds of MSK clusters. A cluster keeps its kind for life. */
export enum ClusterKind {
  /** Provisioned, with standard brokers. */
  STANDARD = 'STANDARD',

  /** Provisioned, with express brokers. */
  EXPRESS = 'EXPRESS',

  /** Serverless. */
  SERVERLESS = 'SERVERLESS',
}
