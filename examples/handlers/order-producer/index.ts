import type { Message } from '../shared/send-all';
import { sendAll } from '../shared/send-all';

/** How many orders to make up, and the number of the first: the same numbers make the same orders. */
export interface ProduceRequest {
  readonly orders: number;
  readonly first?: number;
}

/** Writes made-up orders and answers when all replicas that are in sync have them. */
export async function handler({ orders, first = 0 }: ProduceRequest): Promise<{ acknowledged: number }> {
  return { acknowledged: await sendAll(Array.from({ length: orders }, (_, index) => order(first + index))) };
}

function order(number: number): Message {
  const customerId = `customer-${number % 97}`;
  return {
    key: customerId,
    value: JSON.stringify({
      orderId: `order-${number}`,
      customerId,
      amountCents: 100 + (number % 9900),
      currency: 'EUR',
    }),
  };
}
