/** What decides whether a custom data identifier finds something. */
export interface IdentifierDefinition {
  readonly keywords?: string[];
  readonly ignoreWords?: string[];
  readonly maximumMatchDistance?: number;
}

/** @see https://docs.aws.amazon.com/macie/latest/APIReference/custom-data-identifiers.html */
export const DEFAULT_MATCH_DISTANCE = 50;

/**
 * What a custom data identifier would find in a text, as far as the documentation says how: the expression matches, no
 * word to ignore is part of the match, and if there are keywords, one of them ends before the match and at most so many
 * characters before the end of it.
 *
 * @see https://docs.aws.amazon.com/macie/latest/user/cdis-options.html
 */
export function matchesOf(regex: RegExp, definition: IdentifierDefinition, text: string): string[] {
  const { keywords = [], ignoreWords = [], maximumMatchDistance = DEFAULT_MATCH_DISTANCE } = definition;
  const lowerCase = text.toLowerCase();
  const isNear = (keyword: string, start: number, end: number) => {
    const found = lowerCase.lastIndexOf(keyword.toLowerCase(), start - keyword.length);
    return start >= keyword.length && found >= 0 && end - (found + keyword.length) <= maximumMatchDistance;
  };
  return [...text.matchAll(regex)]
    .filter(({ 0: match }) => match !== '' && !ignoreWords.some((word) => match.includes(word)))
    .filter(({ 0: match, index }) => {
      const end = index + match.length;
      return keywords.length === 0 || keywords.some((keyword) => isNear(keyword, index, end));
    })
    .map(({ 0: match }) => match);
}
