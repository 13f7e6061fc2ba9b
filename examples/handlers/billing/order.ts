import { z } from 'zod';

/** A paid order, as the producer writes it: JSON, keyed by the customer. */
export const Order = z.object({
  orderId: z.string().min(1),
  customerId: z.string().min(1),
  amountCents: z.number().int().positive(),
  currency: z.string().length(3),
});

export type Order = z.infer<typeof Order>;
