import type { Landing, NoticeOptions } from './finding-notice';

/** What the construct has put into the environment. */
export function noticeOptions({ SHOW_OBJECT_KEYS, LANDINGS }: NodeJS.ProcessEnv = process.env): NoticeOptions {
  return {
    showObjectKeys: SHOW_OBJECT_KEYS === 'true',
    landings: JSON.parse(LANDINGS ?? '[]') as Landing[],
  };
}
