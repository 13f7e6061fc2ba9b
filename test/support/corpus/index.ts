import { readFileSync } from 'fs';
import * as path from 'path';

export type Label = 'EMAIL' | 'IP' | 'MRN';

/**
 * One text with everything in it that a person would point at.
 *
 * All of it is made up: names under `example`, addresses from the ranges for documentation or for private networks. It
 * also holds what people write in ways that no identifier knows, and what only looks like it.
 */
export type Labelled = { readonly text: string } & { readonly [label in Label]?: string[] };

export const CORPUS: Labelled[] = readFileSync(path.join(__dirname, 'corpus.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

export interface Score {
  readonly labelled: number;
  readonly found: number;
  readonly right: number;
  /** Of what was found, how much was right, in percent. */
  readonly precision: number;
  /** Of what was there, how much was found, in percent. */
  readonly recall: number;
}

/** Holds what a detector finds against the labels. */
export function score(label: Label, detect: (text: string) => string[]): Score {
  let [labelled, found, right] = [0, 0, 0];
  for (const one of CORPUS) {
    const expected = one[label] ?? [];
    const actual = detect(one.text);
    labelled += expected.length;
    found += actual.length;
    right += expected.filter((value) => actual.includes(value)).length;
  }
  const percent = (of: number) => Math.round((100 * right) / of);
  return { labelled, found, right, precision: percent(found), recall: percent(labelled) };
}
