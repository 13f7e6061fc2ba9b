import type { ConnectivityInfo } from '@aws-sdk/client-kafka';

/** What is wanted; what is left out stays as it is. */
export interface Settings {
  readonly NetworkType?: string;
  /** Authentications as `AWS::MSK::VpcConnection` calls them: SASL_IAM, SASL_SCRAM, TLS. */
  readonly VpcConnectivity?: string[];
  /** `SERVICE_PROVIDED_EIPS` or `DISABLED`. */
  readonly PublicAccess?: string;
}

/** One setting that is not as wanted, and what to ask of the service. */
export interface Change {
  readonly setting: keyof Settings;
  readonly connectivity: ConnectivityInfo;
}

/**
 * The first setting that is not as wanted. The service takes one at a time; the public address comes last, when all else
 * is as it should be.
 */
export function firstChange(wanted: Settings, actual: ConnectivityInfo = {}): Change | undefined {
  const { NetworkType, VpcConnectivity, PublicAccess } = wanted;
  if (NetworkType !== undefined && NetworkType !== (actual.NetworkType ?? 'IPV4')) {
    return { setting: 'NetworkType', connectivity: { NetworkType: NetworkType as ConnectivityInfo['NetworkType'] } };
  }
  if (VpcConnectivity !== undefined && !sameMembers(VpcConnectivity, schemesOf(actual))) {
    const on = (scheme: string) => ({ Enabled: VpcConnectivity.includes(scheme) });
    const ClientAuthentication = { Sasl: { Iam: on('SASL_IAM'), Scram: on('SASL_SCRAM') }, Tls: on('TLS') };
    return { setting: 'VpcConnectivity', connectivity: { VpcConnectivity: { ClientAuthentication } } };
  }
  if (PublicAccess !== undefined && PublicAccess !== (actual.PublicAccess?.Type ?? 'DISABLED')) {
    return { setting: 'PublicAccess', connectivity: { PublicAccess: { Type: PublicAccess } } };
  }
  return undefined;
}

function schemesOf({ VpcConnectivity }: ConnectivityInfo): string[] {
  const { Sasl, Tls } = VpcConnectivity?.ClientAuthentication ?? {};
  const all = { SASL_IAM: Sasl?.Iam, SASL_SCRAM: Sasl?.Scram, TLS: Tls };
  return Object.entries(all).flatMap(([scheme, value]) => (value?.Enabled ? [scheme] : []));
}

function sameMembers(one: string[], other: string[]): boolean {
  return one.length === other.length && one.every((member) => other.includes(member));
}
