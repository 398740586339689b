import { parse, stringify } from 'lossless-json';

/** An object in a JSON text has one key twice, with different values: nobody can tell which one was meant. */
export class DuplicateKey extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`the key ${JSON.stringify(key)} is given twice, and the values differ`);
    this.key = key;
  }
}

/**
 * The value as JSON in which a bigint is a plain integer with all its digits; otherwise as `JSON.stringify`
 * would have it. A value that JSON has no word for (a function, undefined) is `null`.
 */
export function exactJson(value: unknown): string {
  return stringify(value) ?? 'null';
}

/**
 * Parses JSON as `JSON.parse` would, but for two things: an integer that a number can't hold exactly becomes
 * a bigint, and a key that is given twice with different values is refused.
 *
 * @throws SyntaxError; DuplicateKey; RangeError where it is nested thousands deep.
 */
export function parseExactJson(text: string): unknown {
  return parse(text, null, {
    parseNumber: exactNumber,
    onDuplicateKey: ({ key }) => {
      throw new DuplicateKey(key);
    },
  });
}

function exactNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(text) ? number : BigInt(text);
}
