-- Clicks and visitors of each minute, by section of the site.

CREATE TABLE clicks (
  line STRING,
  received_at TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
  -- Clocks of devices are often wrong: one that is ahead would close the windows of everybody else, and what one that is
  -- behind says would be too late for its own.
  clicked_at AS CASE
    WHEN TO_TIMESTAMP_LTZ(TRY_CAST(JSON_VALUE(line, '$.clickedAt') AS BIGINT), 3)
      BETWEEN received_at - INTERVAL '30' SECOND AND received_at
    THEN TO_TIMESTAMP_LTZ(TRY_CAST(JSON_VALUE(line, '$.clickedAt') AS BIGINT), 3)
    ELSE received_at
  END,
  WATERMARK FOR clicked_at AS clicked_at - INTERVAL '60' SECOND
) WITH (
  ${source.clicks},
  -- Text, not JSON: one line that is no JSON would stop the job for good.
  'format' = 'raw'
);

CREATE VIEW visits AS
SELECT
  clicked_at,
  JSON_VALUE(line, '$.visitor') AS visitor,
  -- Each section is a metric, and each metric costs: what browsers send must not make new ones.
  CASE
    WHEN JSON_VALUE(line, '$.section') IN (${sections}) THEN JSON_VALUE(line, '$.section')
    WHEN JSON_VALUE(line, '$.section') IS NULL THEN 'unreadable'
    ELSE 'other'
  END AS section
FROM clicks;

CREATE TABLE clicks_per_minute (
  opens TIMESTAMP_LTZ(3),
  section STRING,
  clicks BIGINT,
  visitors BIGINT
) WITH (${sink.clicksPerMinute}, 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601');

INSERT INTO clicks_per_minute
SELECT window_start, section, COUNT(*), COUNT(DISTINCT visitor)
FROM TABLE(TUMBLE(TABLE visits, DESCRIPTOR(clicked_at), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, section;
