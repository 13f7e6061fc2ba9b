import { Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { isOtherPlace } from '../private/same-place';

interface ExcludedBucket {
  readonly owner: IConstruct;
  readonly bucketName: string;
}

/** By the root of the construct tree; it lives as long as the app does. */
const EXCLUDED = new WeakMap<IConstruct, ExcludedBucket[]>();

/**
 * Leaves a bucket out of whatever the app scans by criteria: what the library itself writes there, such as results and
 * quarantined objects, would be found again and again.
 *
 * @param owner where the bucket is
 */
export function excludeFromScans(owner: IConstruct, bucketName: string): void {
  const { root } = owner.node;
  EXCLUDED.set(root, [...(EXCLUDED.get(root) ?? []), { owner, bucketName }]);
}

/** What a scan leaves out; complete only when the whole app is. */
export interface ScanExclusions {
  readonly bucketNames: string[];

  /** Paths of buckets whose names can not be told: a reference to another stack may well close a circle of stacks. */
  readonly unnamed: string[];
}

export function exclusionsFor(scan: IConstruct): ScanExclusions {
  const stack = Stack.of(scan);
  const near = (EXCLUDED.get(scan.node.root) ?? [])
    .filter(({ owner }) => !isOtherPlace(owner, scan))
    .sort((a, b) => (a.owner.node.path < b.owner.node.path ? -1 : 1)); // in whichever order they were made
  const canName = ({ owner, bucketName }: ExcludedBucket) =>
    Stack.of(owner) === stack || !Token.isUnresolved(bucketName);
  return {
    bucketNames: near.filter(canName).map(({ bucketName }) => bucketName),
    unnamed: near.filter((bucket) => !canName(bucket)).map(({ owner }) => owner.node.path),
  };
}
