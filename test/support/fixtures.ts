import { App, Fn, Stack } from 'aws-cdk-lib';
import type { AppProps, StackProps } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import cdkJson from '../../cdk.json';

/** An app with the flags that `cdk init` recommends, as our users have it. */
export function app(props: AppProps = {}): App {
  return new App({ ...props, context: { ...cdkJson.context, ...props.context } });
}

/** A stack for no particular account and Region, in an app of its own. */
export function stack(props: StackProps & { readonly app?: App; readonly id?: string } = {}): Stack {
  return new Stack(props.app ?? app(), props.id ?? 'Stack', props);
}

/** A VPC with three zones whatever the environment is. */
export function vpc(scope: Construct, id = 'Vpc'): ec2.Vpc {
  return new ec2.Vpc(scope, id, { availabilityZones: [0, 1, 2].map((zone) => Fn.select(zone, Fn.getAzs())) });
}

export function nodeFunction(scope: Construct, id = 'Function'): lambda.Function {
  return new lambda.Function(scope, id, {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromInline('exports.handler = async () => {};'),
  });
}

export const CLUSTER_ARN =
  'arn:aws:kafka:eu-west-1:123456789012:cluster/orders/0a1b2c3d-0000-4000-8000-000000000001-7';
