import type { CfnResource } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct, IConstruct } from 'constructs';
import type { ClientProperties } from '../cluster';
import { ContainerSecret } from '../private/container-secret';
import { validationError } from '../private/errors';
import { interfacesGrant } from '../private/function-interfaces';
import { OwnPolicyPrincipal } from '../private/own-policy';
import { secretGrant } from '../private/secret-grant';

/** The program that writes: where it runs, as whom, and how it is told. */
export abstract class ProducerClient {
  /**
   * A Lambda function in a VPC. It finds its settings in environment variables; the secret of SCRAM or mutual TLS it reads
   * itself, from `KAFKA_SECRET_ARN`.
   *
   * @param handler a function with a role that can be changed, in a VPC that reaches the brokers
   */
  public static lambdaFunction(handler: lambda.Function): ProducerClient {
    return new FunctionClient(handler);
  }

  /**
   * A container of an ECS service. It finds its settings in environment variables, the fields of the secret among them:
   * ECS reads the secret when a task starts.
   *
   * @param service what runs the container, with the network of its tasks
   */
  public static container(container: ecs.ContainerDefinition, service: ecs.BaseService): ProducerClient {
    return new ContainerClient(container, service);
  }

  /**
   * Anything else, such as an instance or a job. It is told its settings by whoever makes it, from
   * `KafkaProducer.environment`.
   *
   * @param grantee who it runs as
   * @param connections its security groups
   */
  public static other(grantee: iam.IGrantable, connections: ec2.IConnectable): ProducerClient {
    return new OtherClient(grantee, connections);
  }

  /** @internal */
  public abstract readonly _grantee: iam.IGrantable;

  /** @internal */
  public abstract readonly _securityGroups: ec2.ISecurityGroup[];

  /**
   * Hands over settings and the secret.
   *
   * @internal
   */
  public abstract _configure(scope: Construct, settings: ProducerSettings): iam.Grant[];

  /**
   * What begins to write, and has to wait for rights and network.
   *
   * @internal
   */
  public abstract _starts(): IConstruct[];
}

/** What a program is told. */
export interface ProducerSettings {
  readonly environment: Record<string, string>;
  readonly properties: ClientProperties;
  /** The program's role as it is to be granted to. */
  readonly grantee: iam.IGrantable;
}

class FunctionClient extends ProducerClient {
  constructor(private readonly handler: lambda.Function) {
    super();
  }

  /** @internal */
  public get _grantee(): iam.IGrantable {
    return this.handler;
  }

  /** @internal */
  public get _securityGroups(): ec2.ISecurityGroup[] {
    if (!this.handler.isBoundToVpc) {
      throw validationError(
        'ProducerWithoutVpc',
        `the function '${this.handler.node.path}' is in no VPC, and brokers are reached from one only: give it \`vpc\``,
        this.handler,
      );
    }
    return this.handler.connections.securityGroups;
  }

  /** @internal */
  public _configure(_scope: Construct, { environment, properties, grantee }: ProducerSettings): iam.Grant[] {
    const { handler } = this;
    Object.entries(environment).forEach(([name, value]) => handler.addEnvironment(name, value));
    const hasRoleOfItsOwn = handler.role?.node.scope === handler;
    return [
      ...(hasRoleOfItsOwn ? [] : [interfacesGrant(grantee)]),
      ...(properties.secret ? [secretGrant(grantee, properties.secret)] : []),
    ];
  }

  /**
   * The resource alone: the role that a function makes for itself must not wait for a policy that is attached to it.
   *
   * @internal
   */
  public _starts(): IConstruct[] {
    return [this.handler.node.defaultChild as CfnResource];
  }
}

class ContainerClient extends ProducerClient {
  constructor(
    private readonly container: ecs.ContainerDefinition,
    private readonly service: ecs.BaseService,
  ) {
    super();
  }

  /** @internal */
  public get _grantee(): iam.IGrantable {
    return this.container.taskDefinition.taskRole;
  }

  /** @internal */
  public get _securityGroups(): ec2.ISecurityGroup[] {
    return this.service.connections.securityGroups;
  }

  /** @internal */
  public _configure(scope: Construct, { environment, properties }: ProducerSettings): iam.Grant[] {
    const { container } = this;
    const settings = Object.entries(environment).filter(([name]) => name !== SECRET_ARN);
    settings.forEach(([name, value]) => container.addEnvironment(name, value));
    const { secret, secretFields } = properties;
    if (secret === undefined) {
      return [];
    }
    const starter = OwnPolicyPrincipal.redirect(
      container.taskDefinition.obtainExecutionRole(),
      'ExecutionPolicy',
      scope,
    );
    const grant = secretGrant(starter, secret);
    for (const [name, field] of Object.entries(secretFields)) {
      container.addSecret(name, new ContainerSecret(secret, field));
    }
    return [grant];
  }

  /** @internal */
  public _starts(): IConstruct[] {
    return this.service.node.children.filter((child) => child instanceof ecs.CfnService);
  }
}

class OtherClient extends ProducerClient {
  constructor(
    /** @internal */
    public readonly _grantee: iam.IGrantable,
    private readonly connectable: ec2.IConnectable,
  ) {
    super();
  }

  /** @internal */
  public get _securityGroups(): ec2.ISecurityGroup[] {
    return this.connectable.connections.securityGroups;
  }

  /** @internal */
  public _configure(_scope: Construct, { properties, grantee }: ProducerSettings): iam.Grant[] {
    return properties.secret ? [secretGrant(grantee, properties.secret)] : [];
  }

  /** @internal */
  public _starts(): IConstruct[] {
    return [];
  }
}

/** For programs that read the secret themselves. */
export const SECRET_ARN = 'KAFKA_SECRET_ARN';
