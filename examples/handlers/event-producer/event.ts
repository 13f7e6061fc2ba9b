import type { Message } from '../shared/send-all';

const COUNTRIES = ['DE', 'FR', 'IT', 'ES', 'PL'];
const PRODUCTS = 12;

/** What a shop has to tell: mostly views, every fourth time an order, now and then something that is no event. */
export function event(number: number, happened: number): Message {
  const product = `product-${(number * 5) % PRODUCTS}`;
  const order = number % 4 === 0;
  const text = JSON.stringify({
    event_id: `event-${happened}-${number}`,
    kind: order ? 'order' : 'view',
    product,
    country: COUNTRIES[number % COUNTRIES.length],
    amount: order ? (number % 200) + 0.99 : undefined,
    happened_at: new Date(happened).toISOString(),
  });
  return { key: product, value: number % 100 === 99 ? text.slice(0, -1) : text };
}
