import { Dependable } from 'constructs';
import type { IConstruct, IDependable } from 'constructs';
import type { IMskCluster } from './cluster';

/**
 * What has to happen to a cluster after its creation, one thing after the other: each takes it out of ACTIVE, and is
 * refused while another one does.
 *
 * As a dependency it stands for its last link, looked up when the app is synthesized: whoever needs an ACTIVE cluster may
 * be written before the operation that it has to wait for.
 */
export class OperationChain implements IDependable {
  /** The chain of a cluster; undefined for one that knows of no operations. */
  public static of(cluster: IMskCluster): OperationChain | undefined {
    return cluster.ready instanceof OperationChain ? cluster.ready : undefined;
  }

  private last: IConstruct | undefined;

  /** @param first what makes the cluster; nothing where it is there already */
  constructor(first?: IConstruct) {
    this.last = first;
    const last = () => (this.last ? [this.last] : []);
    Dependable.implement(this, {
      get dependencyRoots() {
        return last();
      },
    });
  }

  /**
   * Puts an operation behind those before it.
   *
   * @param begins what has to wait for them
   * @param ends what the next one waits for
   */
  public append(begins: IConstruct, ends: IConstruct = begins): void {
    if (this.last) {
      begins.node.addDependency(this.last);
    }
    this.last = ends;
  }
}
