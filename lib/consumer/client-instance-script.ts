import type { ClientProperties } from '../cluster';
import { KAFKA_TOOLS, mavenPath } from './kafka-tools';

const HOME = '/opt/kafka';

/** What is said is the tool's answer, not its log. */
const QUIET =
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn ' +
  '-Dlog4j.provider=org.apache.logging.log4j.simple.internal.SimpleProvider';

/** What is typed, the class behind it, and the option by which it takes the properties. */
const COMMANDS: Record<string, [main: string, option: string]> = {
  'kafka-acls': ['org.apache.kafka.tools.AclCommand', '--command-config'],
  'kafka-configs': ['kafka.admin.ConfigCommand', '--command-config'],
  'kafka-console-consumer': ['org.apache.kafka.tools.consumer.ConsoleConsumer', '--consumer.config'],
  'kafka-console-producer': ['org.apache.kafka.tools.ConsoleProducer', '--producer.config'],
  'kafka-consumer-groups': ['org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', '--command-config'],
  'kafka-get-offsets': ['org.apache.kafka.tools.GetOffsetShell', '--command-config'],
  'kafka-topics': ['org.apache.kafka.tools.TopicCommand', '--command-config'],
};

/** Commands for the first start of an instance with Amazon Linux 2023. */
export function clientInstanceScript(
  properties: ClientProperties,
  consumerGroup: string,
  mavenRepository: string,
): string[] {
  return [
    'set -euo pipefail',
    'dnf install --assumeyes java-21-amazon-corretto-headless jq',
    `mkdir --parents ${HOME}/libs`,
    `cd ${HOME}/libs`,
    // A jar that is not what it was when this was written ends the script before anything can run.
    'while read -r hash path; do',
    `  curl --fail --silent --show-error --location --retry 5 --remote-name "${mavenRepository}/$path"`,
    '  echo "$hash  ${path##*/}" | sha256sum --check --quiet',
    "done << 'JARS'",
    ...Object.entries(KAFKA_TOOLS).map(([coordinates, hash]) => `${hash} ${mavenPath(coordinates)}`),
    'JARS',
    `cat > ${HOME}/client.properties << 'PROPERTIES'`,
    `${properties.java}group.id=${consumerGroup}`,
    'PROPERTIES',
    `cat > ${HOME}/run << 'RUN'`,
    '#!/bin/bash',
    'set -euo pipefail',
    `brokers=$(sed -n 's/^bootstrap.servers=//p' ${HOME}/client.properties)`,
    ...secretCommands(properties),
    `exec java ${QUIET} -cp '${HOME}/libs/*' "$1" --bootstrap-server "$brokers" "$2" ${HOME}/client.properties "\${@:3}"`,
    'RUN',
    ...Object.entries(COMMANDS).map(
      ([name, [main, option]]) =>
        `printf '#!/bin/bash\\nexec ${HOME}/run ${main} ${option} "$@"\\n' > /usr/local/bin/${name}`,
    ),
    `chmod 755 ${HOME}/run /usr/local/bin/kafka-*`,
  ];
}

/** Asked for each time: what is on no disk can not be left behind. */
function secretCommands({ secret, secretFields }: ClientProperties): string[] {
  if (secret === undefined) {
    return [];
  }
  const arn = secret.secretArn;
  return [
    `secret=$(aws secretsmanager get-secret-value --secret-id '${arn}' --query SecretString --output text)`,
    ...Object.entries(secretFields).map(
      ([name, field]) => `${name}=$(jq --raw-output .${field} <<< "$secret") && export ${name}`,
    ),
  ];
}
