/** The longest text of others that goes into a line. */
const LONGEST = 200;

/** Text of others on one line: no control, bidirectional or invisible characters, and not without end. */
export function oneLine(text: string): string {
  const clean = text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1)}…` : clean;
}

/** What mark-up, mentions and links are made of, and the same to the eye without their power. */
const LOOKALIKES: Record<string, string> = {
  '*': '∗',
  _: '＿',
  '~': '∼',
  '`': 'ˋ',
  '<': '‹',
  '>': '›',
  '&': '＆',
  '[': '［',
  ']': '］',
  '(': '（',
  ')': '）',
  '{': '｛',
  '}': '｝',
  '|': '∣',
  '#': '＃',
  '@': '＠',
  '!': 'ǃ',
  '\\': '＼',
  '"': '”',
  "'": '’',
};

/** Text of others that no chat, mail client or shell takes for anything but text; a link in it can not be followed. */
export function inert(text: string): string {
  return oneLine(text)
    .replace(/[*_~`<>&[\](){}|#@!\\"']/g, (character) => LOOKALIKES[character])
    .replace(/:(?=\/\/)|(?<=www)\./gi, (character) => (character === ':' ? '：' : '․'));
}

/** Printable ASCII, which is all that the subject of a message may hold. */
export function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
