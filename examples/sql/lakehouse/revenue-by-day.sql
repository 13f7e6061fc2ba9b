-- Orders and revenue of each day and country.
SELECT
  date_trunc('day', happened_at) AS day,
  country,
  count(*) AS orders,
  sum(amount) AS revenue
FROM events
WHERE kind = 'order'
GROUP BY 1, 2
ORDER BY 1, 2
