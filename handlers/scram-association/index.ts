import {
  BatchAssociateScramSecretCommand,
  BatchDisassociateScramSecretCommand,
  DescribeClusterV2Command,
  KafkaClient,
  ListScramSecretsCommand,
} from '@aws-sdk/client-kafka';
import type { AwsError } from '../shared/aws-errors';
import { clientSettings } from '../shared/client-settings';
import { systemClock } from '../shared/clock';
import { customResourceHandler } from '../shared/custom-resource';
import { scramAssociation } from './association';

const kafka = new KafkaClient(clientSettings);

export const handler = customResourceHandler(
  scramAssociation(
    {
      state: async (ClusterArn) => {
        try {
          return (await kafka.send(new DescribeClusterV2Command({ ClusterArn }))).ClusterInfo?.State;
        } catch (error) {
          if ((error as AwsError).name === 'NotFoundException') return undefined;
          throw error;
        }
      },
      list: async (ClusterArn) => {
        const all: string[] = [];
        let NextToken: string | undefined;
        do {
          const page = await kafka.send(new ListScramSecretsCommand({ ClusterArn, NextToken }));
          all.push(...(page.SecretArnList ?? []));
          NextToken = page.NextToken;
        } while (NextToken);
        return all;
      },
      associate: async (ClusterArn, SecretArnList) => {
        const answer = await kafka.send(new BatchAssociateScramSecretCommand({ ClusterArn, SecretArnList }));
        return answer.UnprocessedScramSecrets ?? [];
      },
      disassociate: async (ClusterArn, SecretArnList) => {
        const answer = await kafka.send(new BatchDisassociateScramSecretCommand({ ClusterArn, SecretArnList }));
        return answer.UnprocessedScramSecrets ?? [];
      },
    },
    systemClock,
  ),
);
