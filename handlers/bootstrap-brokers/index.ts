import { GetBootstrapBrokersCommand, KafkaClient, ListNodesCommand } from '@aws-sdk/client-kafka';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { bootstrapBrokers } from './brokers';

const kafka = new KafkaClient(clientSettings);

export const handler = customResourceHandler(
  bootstrapBrokers(
    {
      bootstrapBrokers: (ClusterArn) => kafka.send(new GetBootstrapBrokersCommand({ ClusterArn })),
      nodes: (ClusterArn, NextToken) => kafka.send(new ListNodesCommand({ ClusterArn, NextToken })),
    },
    systemClock,
  ),
);
