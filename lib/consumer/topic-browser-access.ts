import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { SecretValue } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { validationError } from '../private/errors';

/** Who may pass a load balancer, by OpenID Connect. */
export interface TopicBrowserLogin {
  /** The issuer, such as `https://login.example.com`. */
  readonly issuer: string;

  /** The address that users are sent to. */
  readonly authorizationEndpoint: string;

  /** The address that gives tokens. */
  readonly tokenEndpoint: string;

  /** The address that says who somebody is. */
  readonly userInfoEndpoint: string;

  /** Who the load balancer is to the issuer. */
  readonly clientId: string;

  /** And by what it proves that. */
  readonly clientSecret: SecretValue;
}

/** Options of access through a load balancer. */
export interface LoadBalancerAccessOptions {
  /** Certificates of its name. */
  readonly certificates: elbv2.IListenerCertificate[];

  /**
   * Who reaches it.
   *
   * @default - whoever is in the address range of the VPC, or everybody with `internetFacing`
   */
  readonly peers?: ec2.IPeer[];

  /**
   * Who may pass.
   *
   * @default - whoever reaches it; the browser itself asks nobody
   */
  readonly login?: TopicBrowserLogin;

  /**
   * Whether it has a public address, which is refused without `login`.
   *
   * @default false
   */
  readonly internetFacing?: boolean;
}

/** What access is given to. */
export interface BrowserService {
  readonly service: ecs.FargateService;
  readonly vpc: ec2.IVpc;
  readonly port: number;
}

/** How people get to a topic browser, which asks nobody for a password by itself. */
export abstract class TopicBrowserAccess {
  /**
   * By a session of Systems Manager into the task, with the rights of their own IAM identity: no port is open.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html
   */
  public static portForwarding(): TopicBrowserAccess {
    return new PortForwarding();
  }

  /** By a load balancer of its own, over HTTPS. */
  public static loadBalancer(options: LoadBalancerAccessOptions): TopicBrowserAccess {
    return new LoadBalancer(options);
  }

  /**
   * Whether sessions into the task are on.
   *
   * @internal
   */
  public abstract readonly _sessions: boolean;

  /** @internal */
  public abstract _bind(scope: Construct, browser: BrowserService): elbv2.ApplicationLoadBalancer | undefined;
}

class PortForwarding extends TopicBrowserAccess {
  /** @internal */
  public readonly _sessions = true;

  /** @internal */
  public _bind(): undefined {
    return undefined;
  }
}

class LoadBalancer extends TopicBrowserAccess {
  /** @internal */
  public readonly _sessions = false;

  constructor(private readonly options: LoadBalancerAccessOptions) {
    super();
  }

  /** @internal */
  public _bind(scope: Construct, { service, vpc, port }: BrowserService): elbv2.ApplicationLoadBalancer {
    const { certificates, login, internetFacing = false } = this.options;
    if (internetFacing && login === undefined) {
      throw validationError(
        'TopicBrowserPublic',
        'whoever found the address would read your records: give `login`, or leave `internetFacing` out',
        scope,
      );
    }
    const balancer = new elbv2.ApplicationLoadBalancer(scope, 'LoadBalancer', {
      vpc,
      internetFacing,
      dropInvalidHeaderFields: true,
    });
    const group = new elbv2.ApplicationTargetGroup(scope, 'Targets', {
      vpc,
      port,
      protocol: elbv2.ApplicationProtocol.HTTP,
      targets: [service],
      healthCheck: { path: '/actuator/health' },
    });
    const forward = elbv2.ListenerAction.forward([group]);
    const listener = balancer.addListener('Https', {
      port: 443,
      protocol: elbv2.ApplicationProtocol.HTTPS,
      certificates,
      sslPolicy: elbv2.SslPolicy.TLS13_RES,
      open: false,
      defaultAction: login ? elbv2.ListenerAction.authenticateOidc({ ...login, next: forward }) : forward,
    });
    const everybody = internetFacing ? ec2.Peer.anyIpv4() : ec2.Peer.ipv4(vpc.vpcCidrBlock);
    (this.options.peers ?? [everybody]).forEach((peer) => listener.connections.allowDefaultPortFrom(peer));
    return balancer;
  }
}
