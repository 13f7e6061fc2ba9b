import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { waitForSession } from './after-session';
import type { MacieSettingOptions } from './macie-setting-options';
import { checkAtSynth } from '../private/checks';
import { HandledResource } from '../private/custom-resource';

interface SettingResourceProps extends MacieSettingOptions {
  /** The word after `Custom::Macie`. */
  readonly kind: string;
  readonly value: object;
  /** What the handler calls; none of these actions knows a resource. */
  readonly actions: string[];
  readonly statements?: iam.PolicyStatement[];
}

/** A setting that is read and written, never created. */
export class SettingResource extends HandledResource {
  constructor(scope: Construct, id: string, props: SettingResourceProps) {
    super(scope, id, {
      handler: 'macie-settings',
      resourceType: `Custom::Macie${props.kind}`,
      properties: { Value: Stack.of(scope).toJsonString(props.value), TakeOver: props.takeOver },
      statements: [new iam.PolicyStatement({ actions: props.actions, resources: ['*'] }), ...(props.statements ?? [])],
    });
    const resource = this.resource.node.defaultChild as CfnResource;
    // Under another logical id CloudFormation would make it, find it set, and then have the old one clear it.
    resource.overrideLogicalId(`Macie${props.kind}`);
    resource.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    waitForSession(resource, props.session);
    checkAtSynth(scope, [{ resource }]);
  }
}
