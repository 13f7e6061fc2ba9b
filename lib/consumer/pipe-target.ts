import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { allow } from '../connect/service-role';

/** Options of an event bus as a target. */
export interface EventBusPipeTargetOptions {
  /** What events say they come from. It must not begin with `aws.`. */
  readonly source: string;

  /** What events say they are about. */
  readonly detailType: string;
}

/**
 * Where a pipe takes records to.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html
 */
export abstract class PipeTarget {
  /** A function, which is waited for. */
  public static lambdaFunction(handler: IFunction): PipeTarget {
    return new ArnTarget(handler.functionArn, 'lambda:InvokeFunction', {
      lambdaFunctionParameters: { invocationType: 'REQUEST_RESPONSE' },
    });
  }

  /** A queue: a message for each record. */
  public static queue(queue: IQueue): PipeTarget {
    return new ArnTarget(queue.queueArn, 'sqs:SendMessage', undefined, queue.encryptionMasterKey);
  }

  /** A state machine: an execution for each batch, which is not waited for. */
  public static stateMachine(stateMachine: IStateMachine): PipeTarget {
    return new ArnTarget(stateMachine.stateMachineArn, 'states:StartExecution', {
      stepFunctionStateMachineParameters: { invocationType: 'FIRE_AND_FORGET' },
    });
  }

  /** An event bus: an event for each record. */
  public static eventBus(bus: IEventBus, { source, detailType }: EventBusPipeTargetOptions): PipeTarget {
    return new ArnTarget(bus.eventBusArn, 'events:PutEvents', {
      eventBridgeEventBusParameters: { source, detailType },
    });
  }

  /**
   * Any other target.
   *
   * @param arn the target
   * @param statements what the role of the pipe has to be allowed
   * @param parameters as `AWS::Pipes::Pipe` takes them
   */
  public static of(
    arn: string,
    statements: iam.PolicyStatement[],
    parameters?: CfnPipe.PipeTargetParametersProperty,
  ): PipeTarget {
    return new OtherTarget(arn, statements, parameters);
  }

  /** @internal */
  public abstract _bind(grantee: iam.IGrantable): BoundPipeTarget;
}

/** A target that the pipe may write to. */
export interface BoundPipeTarget {
  readonly arn: string;
  readonly parameters?: CfnPipe.PipeTargetParametersProperty;
}

class ArnTarget extends PipeTarget {
  constructor(
    private readonly arn: string,
    private readonly action: string,
    private readonly parameters?: CfnPipe.PipeTargetParametersProperty,
    private readonly key?: IKey,
  ) {
    super();
  }

  /** @internal */
  public _bind(grantee: iam.IGrantable): BoundPipeTarget {
    allow(grantee, [this.action], [this.arn]);
    if (this.key) {
      allow(grantee, ['kms:Decrypt', 'kms:GenerateDataKey'], [this.key.keyArn]);
    }
    return { arn: this.arn, parameters: this.parameters };
  }
}

class OtherTarget extends PipeTarget {
  constructor(
    private readonly arn: string,
    private readonly statements: iam.PolicyStatement[],
    private readonly parameters?: CfnPipe.PipeTargetParametersProperty,
  ) {
    super();
  }

  /** @internal */
  public _bind(grantee: iam.IGrantable): BoundPipeTarget {
    this.statements.forEach((statement) => grantee.grantPrincipal.addToPrincipalPolicy(statement));
    return { arn: this.arn, parameters: this.parameters };
  }
}
