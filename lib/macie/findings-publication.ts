import { Construct } from 'constructs';
import type { MacieSettingOptions } from './macie-setting-options';
import { SettingResource } from './setting-resource';
import { injectable } from '../private/injectable';
import { requireOnly } from '../private/singleton';

/** Which findings go to Security Hub. */
export interface FindingsPublicationProps extends MacieSettingOptions {
  /**
   * Findings about buckets that became less safe.
   *
   * @default true
   */
  readonly publishPolicyFindings?: boolean;

  /**
   * Findings about sensitive data in objects, which Macie does not publish by itself.
   *
   * @default true
   */
  readonly publishClassificationFindings?: boolean;
}

/**
 * Hands findings over to AWS Security Hub, which has to be on and accept them.
 *
 * It is for new findings of the account in the Region; that findings go to EventBridge can not be turned off.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/securityhub-integration.html
 */
@injectable
export class FindingsPublication extends Construct {
  /** Identifies the construct for property injection. */
  public static readonly PROPERTY_INJECTION_ID: string = 'cdk-msk-macie.FindingsPublication';

  constructor(scope: Construct, id: string, props: FindingsPublicationProps = {}) {
    super(scope, id);
    requireOnly(
      this,
      'MACIE-PUBLICATION-SINGLE',
      'the publication of findings of one account and Region',
      (other) => other instanceof FindingsPublication,
    );
    new SettingResource(this, 'Resource', {
      ...props,
      kind: 'FindingsPublication',
      value: {
        publishPolicyFindings: props.publishPolicyFindings ?? true,
        publishClassificationFindings: props.publishClassificationFindings ?? true,
      },
      actions: ['macie2:GetFindingsPublicationConfiguration', 'macie2:PutFindingsPublicationConfiguration'],
    });
  }
}
