-- Records of Kafka that are more than one row: there is none.
SELECT kafka_topic, kafka_partition, kafka_offset, count(*) AS copies
FROM events
GROUP BY kafka_topic, kafka_partition, kafka_offset
HAVING count(*) > 1
