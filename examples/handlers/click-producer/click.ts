import type { Message } from '../shared/send-all';

const VISITORS = 40;

/** Fewer the nearer to paying; `press` is no section that is counted by its name. */
const OF_TWENTY = { home: 8, search: 4, product: 4, basket: 2, checkout: 1, press: 1 };
const SECTIONS = Object.entries(OF_TWENTY).flatMap(([section, times]) => Array<string>(times).fill(section));

/** What comes out of browsers: now and then no click at all, or one whose clock is a day ahead. */
export function click(number: number, timestamp: number): Message {
  const visitor = `visitor-${(number * 7) % VISITORS}`;
  const clickedAt = timestamp + (number % 50 === 0 ? 86_400_000 : -1000 * (number % 3));
  const text = JSON.stringify({ visitor, section: SECTIONS[number % SECTIONS.length], clickedAt });
  return { key: visitor, value: number % 100 === 99 ? text.slice(0, -1) : text, timestamp };
}
