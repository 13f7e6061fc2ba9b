"""What anybody would write: Kafka to an Iceberg table, without care for what does not fit, and for batches that run again.

    bare_spark.py BOOTSTRAP_SERVERS TOPIC SCHEMA TABLE CHECKPOINT MAX_RECORDS
"""

import json
import sys

from pyspark.sql import SparkSession, functions as F

servers, topic, schema, table, checkpoint, most = sys.argv[1:]
spark = SparkSession.builder.getOrCreate()
spark.conf.set("spark.sql.session.timeZone", "UTC")
fields = spark.createDataFrame([], schema).schema


def write(batch, _batch_id):
    rows = batch.select(
        F.col("topic").alias("kafka_topic"),
        F.col("partition").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
        F.col("timestamp").alias("kafka_timestamp"),
        F.from_json(F.col("value").cast("string"), fields).alias("r"),
    ).select("kafka_topic", "kafka_partition", "kafka_offset", "kafka_timestamp", "r.*")
    if not spark.catalog.tableExists(table):
        rows.limit(0).writeTo(table).partitionedBy(F.days("paid_at")).create()
    rows.writeTo(table).append()


options = {
    "kafka.bootstrap.servers": servers,
    "subscribe": topic,
    "startingOffsets": "earliest",
    "maxOffsetsPerTrigger": most,
}
stream = spark.readStream.format("kafka").options(**options).load()
query = stream.writeStream.option("checkpointLocation", checkpoint).foreachBatch(write).trigger(availableNow=True).start()
query.awaitTermination()
for progress in query.recentProgress:
    figures = {"Records": progress["numInputRows"], "BatchDuration": progress["durationMs"].get("triggerExecution", 0)}
    print("bare: " + json.dumps({"batch": progress["batchId"], **figures}), flush=True)
