import { existsSync, readFileSync } from 'fs';
import { CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { validationError } from '../private/errors';
import { changesChecked, growsOnly, refusedChanges, replacementKnown, replacements, shrinkages } from '../rules';
import type { RefusedChange, Replacement, Shrinkage, Template } from '../rules';

/** How a replacement is told. */
export interface ReplacementGuardOptions {
  /**
   * Whether a replacement fails the synthesis instead of being a warning.
   *
   * @default false
   */
  readonly refuse?: boolean;
}

const ID = 'REPLACEMENT';

/** What is lost, where it is more than a name. */
const LOSES: Record<string, string> = {
  'AWS::MSK::Cluster': 'a new cluster is empty, and its clients need its addresses',
  'AWS::MSK::ServerlessCluster': 'a new cluster is empty, and its clients need its addresses',
  'AWS::MSK::Topic': 'a new topic is empty',
  'AWS::MSK::Replicator': 'a new replicator begins at its starting position',
  'AWS::MSK::Channel': 'a new channel begins at its starting position',
  'AWS::KafkaConnect::Connector': 'a new connector begins anew, unless it takes over the old one’s offsets by its name',
  'AWS::Lambda::EventSourceMapping': 'a new mapping begins at its starting position',
  'AWS::Pipes::Pipe': 'a new pipe begins at its starting position',
  'AWS::KinesisAnalyticsV2::Application': 'a new application has none of the old one’s state',
  'AWS::KinesisFirehose::DeliveryStream': 'a new stream begins at its starting position',
  'AWS::DynamoDB::Table': 'a new table is empty',
  'AWS::S3::Bucket': 'a new bucket is empty',
  'AWS::SQS::Queue': 'a new queue is empty',
  'AWS::Kinesis::Stream': 'a new stream is empty',
  'AWS::KMS::Key': 'what the old key has encrypted can not be read with the new one',
};

/**
 * Tells at synth which edits replace or remove what holds data: it compares the stack with the template that is deployed.
 * Each is a warning `cdk-msk-macie:REPLACEMENT[LogicalId]`, to be acknowledged by that id.
 *
 * What Amazon MSK refuses is an error: fewer partitions of a topic, smaller volumes, an older version of Kafka, KRaft in
 * place of ZooKeeper, express brokers in place of standard ones, an end of tiered storage, too many brokers removed at once.
 *
 * Fetch that template before `cdk deploy`, in a pipeline say:
 *
 *     aws cloudformation get-template --stack-name NAME --query TemplateBody > deployed.json
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
 */
export abstract class ReplacementGuard {
  /**
   * Compares a stack with what is deployed of it.
   *
   * @param stack the stack
   * @param deployedTemplate path of the JSON template
   * @throws where the file is not there or no template: without it nothing would be guarded
   */
  public static compare(stack: Stack, deployedTemplate: string, options: ReplacementGuardOptions = {}): void {
    const deployed = readTemplate(stack, deployedTemplate);
    stack.node.addValidation({
      validate: () => {
        const next = stateful(stack);
        const refused = [
          ...shrinkages(deployed, next).map((each) => `SHRINKAGE: ${describeShrinkage(each)}`),
          ...refusedChanges(deployed, next).map((each) => `REFUSED-CHANGE: ${describeRefusal(each)}`),
        ];
        const found = replacements(deployed, next);
        if (options.refuse) {
          return [...refused, ...found.map((replacement) => `${ID}: ${describe(replacement)}`)];
        }
        for (const replacement of found) {
          // To acknowledge one is not to acknowledge the next.
          Validations.of(stack).addWarning(`cdk-msk-macie:${ID}[${replacement.logicalId}]`, describe(replacement));
        }
        return refused;
      },
    });
  }
}

function readTemplate(stack: Stack, file: string): Template {
  const fetch = `aws cloudformation get-template --stack-name ${stack.stackName} --query TemplateBody > ${file}`;
  if (!existsSync(file)) {
    throw validationError('DeployedTemplateMissing', `there is no file ${file}: fetch it with \`${fetch}\``, stack);
  }
  try {
    const template = JSON.parse(readFileSync(file, 'utf8')) as Template;
    if (typeof template.Resources === 'object') {
      return template;
    }
  } catch {
    // Said below, with what would be right.
  }
  throw validationError('DeployedTemplateInvalid', `${file} is no template in JSON: fetch it with \`${fetch}\``, stack);
}

/** The resources of the stack that the comparison knows, as they are about to be written. */
function stateful(stack: Stack): Template {
  const resources = stack.node
    .findAll()
    .filter((construct) => CfnResource.isCfnResource(construct) && Stack.of(construct) === stack)
    .map((construct) => construct as CfnResource)
    .filter(({ cfnResourceType }) =>
      [replacementKnown, growsOnly, changesChecked].some((isKnown) => isKnown(cfnResourceType)),
    )
    .map((resource) => stack.resolve(resource._toCloudFormation()) as Template);
  return { Resources: Object.assign({}, ...resources.map(({ Resources }) => Resources)) as Template['Resources'] };
}

function describe({ logicalId, type, fate, properties, kept }: Replacement): string {
  const what =
    fate === 'GONE'
      ? `${logicalId} (${type}) is no longer in the stack under this logical id`
      : `${logicalId} (${type}) is replaced, for another ${properties.join(', ')}`;
  const old = kept ? 'what is deployed is kept, outside the stack' : 'what is deployed is deleted';
  const fix =
    fate === 'GONE'
      ? 'where it was moved or renamed, keep its id with `overrideLogicalId`, or say that it moved with `cdk refactor`'
      : 'put the value back, or acknowledge the warning';
  return [`${what}: ${old}`, ...(LOSES[type] ? [LOSES[type]] : []), fix].join('; ');
}

function describeShrinkage({ logicalId, type, property, deployed, next }: Shrinkage): string {
  return `${logicalId} (${type}) can not shrink: ${property} is ${deployed} and would become ${next}; put at least ${deployed}`;
}

function describeRefusal({ logicalId, property, deployed, next, why }: RefusedChange): string {
  return `${logicalId} can not change ${property} from ${deployed} to ${next}: ${why}`;
}
