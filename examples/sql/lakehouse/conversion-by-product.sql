-- How many of the events of a product are orders, the best products first.
SELECT
  product,
  count(*) FILTER (WHERE kind = 'view') AS views,
  count(*) FILTER (WHERE kind = 'order') AS orders,
  round(100.0 * count(*) FILTER (WHERE kind = 'order') / count(*), 1) AS percent
FROM events
GROUP BY product
ORDER BY percent DESC, product
