import io.github.cdkmskmacie.KafkaTopic;
import io.github.cdkmskmacie.KafkaVersion;
import io.github.cdkmskmacie.LambdaConsumer;
import io.github.cdkmskmacie.ProvisionedCluster;
import java.util.List;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Fn;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.Runtime;

/** The example of the README, in Java. */
public class Orders {
    public static void main(String[] args) {
        App app = new App();
        Stack stack = new Stack(app, "Orders");
        Vpc vpc = Vpc.Builder.create(stack, "Vpc")
            .availabilityZones(List.of(Fn.select(0, Fn.getAzs()), Fn.select(1, Fn.getAzs()), Fn.select(2, Fn.getAzs())))
            .build();
        ProvisionedCluster cluster = ProvisionedCluster.Builder.create(stack, "Cluster")
            .vpc(vpc)
            .kafkaVersion(KafkaVersion.V3_9_X_KRAFT)
            .build();
        KafkaTopic paid = KafkaTopic.Builder.create(stack, "Paid")
            .cluster(cluster)
            .topicName("paid")
            .partitions(12)
            .build();
        Function billing = Function.Builder.create(stack, "Billing")
            .runtime(Runtime.NODEJS_24_X)
            .handler("index.handler")
            .code(Code.fromInline("exports.handler = async (event) => console.log(Object.keys(event.records));"))
            .build();
        LambdaConsumer.Builder.create(stack, "BillingConsumer")
            .topic(paid)
            .consumerGroup("billing")
            .handler(billing)
            .build();
        app.synth();
    }
}
