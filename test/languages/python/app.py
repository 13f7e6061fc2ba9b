"""The example of the README, in Python."""
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2, aws_lambda as lambda_
from cdk_msk_macie import KafkaTopic, KafkaVersion, LambdaConsumer, ProvisionedCluster

app = cdk.App()
stack = cdk.Stack(app, "Orders")
vpc = ec2.Vpc(stack, "Vpc", availability_zones=[cdk.Fn.select(i, cdk.Fn.get_azs()) for i in range(3)])
cluster = ProvisionedCluster(stack, "Cluster", vpc=vpc, kafka_version=KafkaVersion.V3_9_X_KRAFT)
paid = KafkaTopic(stack, "Paid", cluster=cluster, topic_name="paid", partitions=12)
billing = lambda_.Function(
    stack,
    "Billing",
    runtime=lambda_.Runtime.NODEJS_24_X,
    handler="index.handler",
    code=lambda_.Code.from_inline("exports.handler = async (event) => console.log(Object.keys(event.records));"),
)
LambdaConsumer(stack, "BillingConsumer", topic=paid, consumer_group="billing", handler=billing)
app.synth()
