import { Duration, Names, Resource, Token, TokenComparison, Validations } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct, IConstruct } from 'constructs';
import { validationError } from '../private/errors';

const EVENT_BRIDGE = 'events.amazonaws.com';
const KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];

export interface DeadLetteredRuleProps {
  readonly eventPattern: events.EventPattern;
  readonly eventBus?: events.IEventBus;
  readonly ruleName?: string;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly deadLetterQueue?: sqs.IQueue;
  readonly retryPolicy?: events.CfnRule.RetryPolicyProperty;
}

/**
 * A rule that loses no event: what a target does not take goes to a queue, and EventBridge may write to that queue.
 *
 * The rule always has a name of its own, so that policies can name it without referring to it. A reference would tie
 * the stack of a queue to the stack of the rule, which already depends on it: a cycle.
 */
export class DeadLetteredRule extends events.Rule {
  private readonly bus?: events.IEventBus;
  private readonly given?: sqs.IQueue;
  private readonly retryPolicy?: events.CfnRule.RetryPolicyProperty;
  private queue?: sqs.IQueue;

  constructor(scope: Construct, id: string, props: DeadLetteredRuleProps) {
    super(scope, id, {
      eventPattern: props.eventPattern,
      eventBus: props.eventBus,
      ruleName: props.ruleName ?? uniqueName(scope),
      description: props.description,
      enabled: props.enabled,
    });
    this.bus = props.eventBus;
    this.given = props.deadLetterQueue;
    this.retryPolicy = props.retryPolicy;
    if (this.given) requireUsable(this.given, this);
  }

  /** Where events go that a target did not take; made when the first target needs it. */
  public get deadLetterQueue(): sqs.IQueue {
    this.queue ??= this.given ? letIn(this.given, this) : newQueue(this);
    return this.queue;
  }

  /** What targets and policies name this rule by. */
  public override get ruleRef(): events.RuleReference {
    const bus = this.bus?.eventBusName;
    // A bus whose name is not known yet may be the default one, which is left out of the ARN.
    if (Token.isUnresolved(bus)) return super.ruleRef;
    const resourceName = bus === undefined || bus === 'default' ? this.physicalName : `${bus}/${this.physicalName}`;
    return { ruleArn: this.stack.formatArn({ service: 'events', resource: 'rule', resourceName }) };
  }

  public override addTarget(target?: events.IRuleTarget): void {
    if (!target) return;
    super.addTarget({ bind: (rule, id) => this.bindWithQueue(target, rule, id) });
    this.coverHops();
  }

  private bindWithQueue(target: events.IRuleTarget, rule: events.IRuleRef, id?: string): events.RuleTargetConfig {
    const config = target.bind(rule, id);
    requireReachable(config, rule);
    return {
      ...config,
      deadLetterConfig: config.deadLetterConfig ?? { arn: this.queueOf(rule).queueArn },
      retryPolicy: config.retryPolicy ?? this.retryPolicy,
    };
  }

  /** For a target in another account or Region the CDK puts a second rule there, which needs a queue of that place. */
  private queueOf(rule: events.IRuleRef): sqs.IQueue {
    return rule === this ? this.deadLetterQueue : newQueue(rule);
  }

  /** The way to that second rule is a target that the CDK adds itself, without a queue. */
  private coverHops(): void {
    const resource = this.node.defaultChild as events.CfnRule;
    const targets = this.stack.resolve(resource.targets) as events.CfnRule.TargetProperty[];
    targets.forEach((target, index) => {
      if (!target.deadLetterConfig) {
        resource.addPropertyOverride(`Targets.${index}.DeadLetterConfig.Arn`, this.deadLetterQueue.queueArn);
      }
    });
  }
}

function uniqueName(scope: Construct): string {
  return Names.uniqueResourceName(scope, { maxLength: 64, separator: '-', allowedSpecialCharacters: '-_.' });
}

/**
 * A queue of ours holds copies that are two weeks old at most, while Macie keeps each finding for 90 days: it goes with
 * its rule. Encrypted by Amazon SQS itself, which unlike the key `alias/aws/sqs` lets EventBridge write.
 */
function newQueue(rule: events.IRuleRef): sqs.Queue {
  const queue = new sqs.Queue(rule, 'DeadLetterQueue', {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  letIn(queue, rule);
  return queue;
}

/**
 * The CDK does the same for queues that targets bring, except for the key.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
 */
function letIn(queue: sqs.IQueue, rule: events.IRuleRef): sqs.IQueue {
  queue.addToResourcePolicy(
    new iam.PolicyStatement({
      actions: ['sqs:SendMessage'],
      principals: [new iam.ServicePrincipal(EVENT_BRIDGE)],
      resources: [queue.queueArn],
      conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleRef.ruleArn } },
    }),
  );
  // Without a condition on the source, which AWS does not support for keys on the way from EventBridge.
  queue.encryptionMasterKey?.grant(new iam.ServicePrincipal(EVENT_BRIDGE), ...KEY_ACTIONS);
  warnOfForeignPolicies(queue, rule);
  return queue;
}

function requireUsable(queue: sqs.IQueue, rule: events.Rule): void {
  if (queue.fifo) {
    throw validationError('DeadLetterQueueFifo', `${queue.node.path} is a FIFO queue; use a standard queue`, rule);
  }
  if (Token.compareStrings(queue.env.region, rule.env.region) === TokenComparison.DIFFERENT) {
    throw validationError(
      'DeadLetterQueueRegion',
      `${queue.node.path} is in ${queue.env.region}, the rule in ${rule.env.region}; use a queue of the same Region`,
      rule,
    );
  }
  requireOpenKey(queue, rule);
}

function requireReachable({ targetResource, role }: events.RuleTargetConfig, rule: events.IRuleRef): void {
  if (!targetResource || role) return;
  requireOpenKey(targetResource, rule);
  warnOfForeignPolicies(targetResource, rule);
}

/** What queues and topics of any origin may have. */
type Encrypted = Partial<Pick<sqs.IQueue, 'queueArn' | 'encryptionType' | 'encryptionMasterKey'>> &
  Partial<Pick<sns.ITopic, 'topicArn' | 'masterKey'>>;

/**
 * Nobody can let EventBridge use a key that AWS manages for Amazon SQS or Amazon SNS.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 */
function requireOpenKey(resource: IConstruct & Encrypted, rule: IConstruct): void {
  const { aliasName } = (resource.masterKey ?? resource.encryptionMasterKey ?? {}) as Partial<kms.IAlias>;
  if (resource.encryptionType !== sqs.QueueEncryption.KMS_MANAGED && !aliasName?.startsWith('alias/aws/')) return;
  throw validationError(
    'TargetKeyClosed',
    `${resource.node.path} is encrypted with a key that AWS manages, which EventBridge can not use; ` +
      'use a key of your own, or for a queue QueueEncryption.SQS_MANAGED',
    rule,
  );
}

/** A policy that is not in the app stays as it is, and the CDK does not say so. */
function warnOfForeignPolicies(resource: IConstruct & Encrypted, rule: events.IRuleRef): void {
  const action = resource.queueArn ? 'sqs:SendMessage' : resource.topicArn ? 'sns:Publish' : undefined;
  if (action && isForeign(resource)) {
    warnOfPolicy(rule, resource, `${action} to ${EVENT_BRIDGE} where aws:SourceArn is the ARN of this rule`);
  }
  const key = resource.masterKey ?? resource.encryptionMasterKey;
  if (key && isForeign(key)) {
    warnOfPolicy(rule, key, `${KEY_ACTIONS.join(' and ')} to ${EVENT_BRIDGE}`);
  }
}

function warnOfPolicy(rule: events.IRuleRef, resource: IConstruct, statement: string): void {
  Validations.of(rule).addWarning(
    'cdk-msk-macie:EVENTS-TARGET-POLICY',
    `the policy of ${resource.node.path} is not in this app: make sure that it allows ${statement}`,
  );
}

function isForeign(resource: IConstruct): boolean {
  return Resource.isResource(resource) && !Resource.isOwnedResource(resource);
}
