/** An image with Kafka's own tools. */
export const KAFKA_IMAGE = 'apache/kafka:4.1.1';

const IAM = 'aws-msk-iam-auth-2.3.9-all.jar';

/**
 * A consumer that prints what it reads, of Kafka's own tools: it stands for a program of yours. All that it knows is in
 * the environment that its construct makes; the image lacks IAM, which is fetched and checked when it starts.
 */
export const CONSOLE_CONSUMER = [
  'set -eu',
  'folder=$(mktemp -d)',
  `wget -q -O "$folder/iam.jar" "https://repo1.maven.org/maven2/software/amazon/msk/aws-msk-iam-auth/2.3.9/${IAM}"`,
  'echo "922064f312ddc8a5f3dbe65fcef3d02ddbd588a02e3a6f0fca4b5a4dbec1ba43  $folder/iam.jar" | sha256sum -c',
  'export CLASSPATH="$folder/iam.jar"',
  'printenv KAFKA_CLIENT_PROPERTIES > "$folder/client.properties"',
  'exec /opt/kafka/bin/kafka-console-consumer.sh --bootstrap-server "$KAFKA_BOOTSTRAP_SERVERS" --topic "$KAFKA_TOPICS" ' +
    '--group "$KAFKA_GROUP_ID" --from-beginning --consumer.config "$folder/client.properties"',
].join('\n');
