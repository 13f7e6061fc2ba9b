import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';

/** What the network of an app tells about the way from some subnets to AWS services. */
export interface WayOut {
  /** `egress`: there is a NAT gateway; `isolated` and `public`: there is none for private addresses. Unknown for imports by id. */
  readonly subnets?: 'egress' | 'isolated' | 'public';

  /** The services, of those asked for, for which this app makes no interface endpoint in the VPC. */
  readonly missingEndpoints: string[];
}

/**
 * Looks at the whole app, so it is to be asked when the tree is complete.
 *
 * @param services as the names of their endpoints end: `lambda`, `sts`
 */
export function wayOut(
  scope: IConstruct,
  vpc: ec2.IVpc | undefined,
  subnets: ec2.ISubnet[] | undefined,
  services: string[],
): WayOut {
  if (vpc === undefined || subnets === undefined) {
    return { missingEndpoints: [] };
  }
  const id = vpc.vpcId;
  const there = scope.node.root.node
    .findAll()
    .filter((each): each is ec2.CfnVPCEndpoint => each instanceof ec2.CfnVPCEndpoint && each.vpcId === id)
    .map((endpoint) => JSON.stringify(Stack.of(scope).resolve(endpoint.serviceName)));
  return {
    subnets: kindOf(vpc, subnets),
    missingEndpoints: services.filter((service) => !there.some((name) => new RegExp(`\\.${service}\\b`).test(name))),
  };
}

/** The kind that one of the subnets surely has and that is worst off. */
function kindOf(vpc: ec2.IVpc, subnets: ec2.ISubnet[]): WayOut['subnets'] {
  const among = (known: ec2.ISubnet[]) =>
    subnets.some(({ subnetId }) => known.some((each) => each.subnetId === subnetId));
  if (among(vpc.isolatedSubnets)) {
    return 'isolated';
  }
  if (among(vpc.publicSubnets)) {
    return 'public';
  }
  return among(vpc.privateSubnets) ? 'egress' : undefined;
}
