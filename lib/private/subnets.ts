import { Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { validationError } from './errors';

/** The ID of the stand-in that the CDK hands out until a looked-up VPC is in the context. */
const DUMMY_VPC_ID = 'vpc-12345';

/** A zone as a comparable text, or undefined where nobody knows it (a subnet imported by its ID alone). */
export function zoneOf(scope: IConstruct, subnet: ec2.ISubnet): string | undefined {
  try {
    return JSON.stringify(Stack.of(scope).resolve(subnet.availabilityZone));
  } catch {
    return undefined; // The getter of an imported subnet throws where the zone was not given.
  }
}

/**
 * One subnet for each of `zones` Availability Zones, in the order of the selection.
 *
 * The number of zones must not depend on whether the stack names an environment: the subnets of a cluster can never
 * change, so a cluster made with two zones because `env` was missing would be replaced, empty, when somebody adds it.
 */
export function subnetPerZone(
  scope: IConstruct,
  vpc: ec2.IVpc,
  selection: ec2.SubnetSelection | undefined,
  zones: number,
): ec2.ISubnet[] {
  const byZone = new Map<string, ec2.ISubnet>();
  for (const [index, subnet] of vpc.selectSubnets(selection).subnets.entries()) {
    const zone = zoneOf(scope, subnet) ?? `unknown zone of subnet ${index}`;
    if (!byZone.has(zone)) {
      byZone.set(zone, subnet);
    }
  }
  const chosen = [...byZone.values()].slice(0, zones);
  const lookedUpLater = vpc.vpcId === DUMMY_VPC_ID;
  if (chosen.length < zones && !lookedUpLater && !isTokenList(chosen)) {
    throw validationError(
      'MSK-CLUSTER-ZONES',
      `the cluster is to span ${zones} Availability Zones, but the selected subnets of the VPC lie in ${chosen.length}; ` +
        'a VPC of a stack without `env` has two zones whatever `maxAzs` says: create it with ' +
        '`availabilityZones: [0, 1, 2].map((i) => Fn.select(i, Fn.getAzs()))`, select other subnets with `vpcSubnets`, ' +
        'or ask for two zones with `zones: 2`',
      scope,
    );
  }
  return chosen;
}

/** A VPC imported with a list token has one subnet object that stands for all of them. */
export function isTokenList(subnets: ec2.ISubnet[]): boolean {
  return subnets.length === 1 && Token.isUnresolved([subnets[0].subnetId]);
}

/** The number of zones that a cluster is to span. */
export function zoneCount(scope: IConstruct, zones = 3): number {
  if (Token.isUnresolved(zones) || (zones !== 2 && zones !== 3)) {
    const given = Token.isUnresolved(zones) ? 'a value that is not known yet' : zones;
    throw validationError('MSK-CLUSTER-ZONES', `\`zones\` must be 2 or 3, got ${given}`, scope);
  }
  return zones;
}
