-- How long after it happened an event reached Kafka, in seconds, by day.
SELECT
  date_trunc('day', happened_at) AS day,
  count(*) AS events,
  max(date_diff('second', happened_at, kafka_timestamp)) AS latest,
  avg(date_diff('second', happened_at, kafka_timestamp)) AS average
FROM events
GROUP BY 1
ORDER BY 1
