import { z } from 'zod';

/** What happened in a section of the site in one minute, as Flink writes it. */
export const ClicksPerMinute = z.object({
  opens: z.iso.datetime({ offset: true }),
  section: z.string().min(1),
  clicks: z.number().int().positive(),
  visitors: z.number().int().nonnegative(),
});

export type ClicksPerMinute = z.infer<typeof ClicksPerMinute>;
