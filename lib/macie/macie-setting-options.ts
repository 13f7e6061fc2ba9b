import type { RemovalPolicy } from 'aws-cdk-lib';
import type { IMacieSession } from './macie-session';

/** What the settings that exist once in an account and Region have in common. */
export interface MacieSettingOptions {
  /**
   * Whether what something else has set may be replaced; otherwise the deployment fails and says what is set.
   *
   * @default false
   */
  readonly takeOver?: boolean;

  /**
   * What becomes of the setting when the construct is removed.
   *
   * `DESTROY` clears it if it still is what this construct has set, and never brings back what was there before.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * The session that it waits for.
   *
   * @default - the session of the same stack, if there is one
   */
  readonly session?: IMacieSession;
}
