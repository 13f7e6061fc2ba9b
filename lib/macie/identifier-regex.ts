import { Token, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { validationError } from '../private/errors';

/** What Macie does not know at all. */
const UNSUPPORTED: [RegExp, string][] = [
  [/^\(\?(=|!|<=|<!)/, 'look-ahead or look-behind'],
  [/^\(\?\(/, 'a condition'],
  [/^\(\?\??\{|^\(\?C\d*\)/, 'embedded code'],
  [/^\(\?(R|[+-]?\d+|&|P>)/, 'recursion'],
  [/^\(\?P=/, 'a back-reference'],
  [/^\(\?(P?<[A-Za-z_]|')/, 'a named group'],
  [/^\\([1-9]|g[\d{<'-]|k[{<'])/, 'a back-reference'],
];

/** What PCRE knows and JavaScript does not, or reads otherwise. */
const NOT_IN_JAVASCRIPT: RegExp[] = [/^\(\?>/, /^\(\?\|/, /^\(\*/, /^\(\?#/, /^\\[AZzGhHRXKQEae]/, /^\\[pP]/];

const POSIX_CLASSES: Record<string, string> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
};

/** @see https://docs.aws.amazon.com/macie/latest/user/cdis-options.html */
const LARGEST_REPEAT = 1_000;
const LARGE_REPEAT = 100;

interface Atom {
  /** The parts of the expression that mean something together: an escape, a class, the head of a group, a repeat. */
  readonly text: string;
  readonly kind: 'escape' | 'class' | 'group' | 'close' | 'repeat' | 'anchor' | 'other';
}

/** What is wrong, or doubtful, about a regular expression for Macie. */
interface Verdict {
  readonly errors: string[];
  readonly warnings: string[];
}

/**
 * Refuses a regular expression that Macie would refuse when the stack is deployed, and warns of what it may refuse or
 * read otherwise than meant.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/cdis-options.html
 * @see https://docs.aws.amazon.com/macie/latest/user/allow-lists-options.html
 */
export function checkRegex(scope: IConstruct, regex: string): void {
  if (Token.isUnresolved(regex)) return;
  const { errors, warnings } = judgeRegex(regex);
  if (errors.length > 0) {
    throw validationError('MACIE-REGEX', `Macie refuses the regular expression ${regex}: ${errors.join('; ')}`, scope);
  }
  if (warnings.length > 0) {
    Validations.of(scope).addWarning('cdk-msk-macie:MACIE-REGEX-DOUBT', `${regex}: ${warnings.join('; ')}`);
  }
}

/** The same expression in JavaScript, for a try: an approximation, and nothing where there is none. */
export function inJavaScript(regex: string): RegExp | undefined {
  const inline = /^\(\?i\)/.exec(regex);
  const atoms = atomsOf(inline ? regex.slice(inline[0].length) : regex);
  if (atoms.some(({ text }) => NOT_IN_JAVASCRIPT.some((unknown) => unknown.test(text)))) return undefined;
  if (atoms.some(({ text, kind }) => (kind === 'repeat' && /.\+$/.test(text)) || isInlineFlag(text))) return undefined;
  const source = atoms.map(({ text, kind }) => (kind === 'class' ? classInJavaScript(text) : text)).join('');
  try {
    return new RegExp(source, inline ? 'gi' : 'g');
  } catch {
    return undefined;
  }
}

function judgeRegex(regex: string): Verdict {
  const atoms = atomsOf(regex);
  const texts = (kind: Atom['kind']) => atoms.filter((atom) => atom.kind === kind).map(({ text }) => text);
  const unsupported = atoms.flatMap(({ text }) => {
    const found = UNSUPPORTED.find(([pattern]) => pattern.test(text));
    return found ? [`it does not support ${found[1]}, such as ${text}`] : [];
  });
  const repeats = texts('repeat').map((text) => ({ text, largest: Math.max(0, ...numbersIn(text)) }));
  return {
    errors: [
      ...(regex.length < 1 || regex.length > 512
        ? [`it has ${regex.length} characters, and 1 to 512 are allowed`]
        : []),
      ...unsupported,
      ...unbalanced(atoms),
      ...repeats
        .filter(({ largest }) => largest >= LARGEST_REPEAT)
        .map(({ text }) => `the repeat ${text} is too large to compile`),
      ...(hasChain(atoms) ? ['three parts in a row that each repeat any number of times do not compile'] : []),
    ],
    warnings: [
      ...(texts('group').includes('(')
        ? ['capturing groups are listed as not supported; write (?: instead of ( unless it is meant literally']
        : []),
      ...texts('anchor').map((text) => `${text} stands for the ${text === '^' ? 'start' : 'end'} of the whole file`),
      ...repeats
        .filter(({ largest }) => largest > LARGE_REPEAT && largest < LARGEST_REPEAT)
        .map(({ text }) => `the repeat ${text} is large and may not compile`),
      ...texts('group')
        .filter((text, index) => isInlineFlag(text) && !(index === 0 && regex.startsWith('(?i)')))
        .map((text) => `of flags, only (?i) at the start is documented, and not ${text}`),
      ...(/^\/.*\/[a-z]+$/.test(regex) ? ['slashes and flags around it are taken literally'] : []),
    ],
  };
}

function isInlineFlag(text: string): boolean {
  return /^\(\?[a-zA-Z-]+[:)]/.test(text) && !text.startsWith('(?R');
}

function numbersIn(repeat: string): number[] {
  return (repeat.match(/\d+/g) ?? []).map(Number);
}

/** `a*b*a*`: parts of any length in a row, where the engine can not know which of them a character belongs to. */
function hasChain(atoms: Atom[]): boolean {
  let inARow = 0;
  for (let i = 0; i < atoms.length; i++) {
    if (atoms[i].kind === 'repeat') continue;
    const next = atoms[i + 1];
    const single = ['escape', 'class', 'other'].includes(atoms[i].kind);
    inARow = single && next?.kind === 'repeat' && /^(\*|\{0,\})/.test(next.text) ? inARow + 1 : 0;
    if (inARow === 3) return true;
  }
  return false;
}

function unbalanced(atoms: Atom[]): string[] {
  let open = 0;
  for (const { kind, text } of atoms) {
    if (kind === 'group' && !text.endsWith(')')) open++;
    if (kind === 'close') open--;
    if (open < 0) return ['a group is closed that was not opened'];
  }
  const openClass = atoms.some(({ kind, text }) => kind === 'class' && !/[^\\](\\\\)*\]$|^\[\]/.test(text));
  return [
    ...(open > 0 ? ['a group is not closed'] : []),
    ...(openClass ? ['a character class is not closed'] : []),
    ...(atoms.at(-1)?.text === '\\' ? ['it ends with a lone backslash'] : []),
  ];
}

const ATOMS: [Atom['kind'], RegExp][] = [
  ['escape', /\\(?:[gk](?:\{[^}]*\}|<[^>]*>|'[^']*'|-?\d+)|[\s\S]|$)/y],
  ['class', /\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*(?:\]|$)/y],
  [
    'group',
    /\(\?(?:[a-zA-Z-]+[:)]|#[^)]*\)|P?<[A-Za-z_]|P[=>]|<[=!]|[:=!>|]|\(\??|'|\??\{|C\d*\)|&|[+-]?\d+)|\(\*(?=[A-Z])|\(/y,
  ],
  ['close', /\)/y],
  ['repeat', /(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})[?+]?/y],
  ['anchor', /[\^$]/y],
  ['other', /[\s\S]/y],
];

function atomsOf(regex: string): Atom[] {
  const atoms: Atom[] = [];
  for (let at = 0; at < regex.length;) {
    for (const [kind, pattern] of ATOMS) {
      pattern.lastIndex = at;
      const [text] = pattern.exec(regex) ?? [''];
      if (text === '') continue;
      atoms.push({ kind, text });
      at += text.length;
      break;
    }
  }
  return atoms;
}

function classInJavaScript(text: string): string {
  return text.replace(/\[:(\w+):\]/g, (whole, name: string) => POSIX_CLASSES[name] ?? whole);
}
