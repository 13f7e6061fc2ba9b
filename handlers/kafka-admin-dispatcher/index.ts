import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { kafkaAcls, kafkaTopic } from './dispatcher';
import type { AclProperties, TopicProperties } from './dispatcher';
import { services } from './services';

/** Outside the VPC: it hears of CloudFormation, has the work done by the function inside, and answers. */
export async function handler(
  event: CloudFormationCustomResourceEvent<TopicProperties & AclProperties>,
  context: Context,
): Promise<void> {
  const handle =
    event.ResourceType === 'Custom::MskTopic'
      ? customResourceHandler(kafkaTopic(services, systemClock))
      : customResourceHandler(kafkaAcls(services, systemClock));
  await handle(event, context);
}
