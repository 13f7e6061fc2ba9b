import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Item = Record<string, AttributeValue>;

/** Flat records of texts and numbers; what is undefined is left out. */
export function toItem(record: object): Item {
  const item: Item = {};
  for (const [name, value] of Object.entries(record as Record<string, string | number | undefined>)) {
    if (value !== undefined) item[name] = typeof value === 'number' ? { N: String(value) } : { S: value };
  }
  return item;
}

export function fromItem<T>(item: Item): T {
  return Object.fromEntries(
    Object.entries(item).map(([name, { S, N }]) => [name, N === undefined ? S : Number(N)]),
  ) as T;
}
