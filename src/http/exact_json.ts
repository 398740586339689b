import { parse, stringify } from 'lossless-json';

/** An object in a JSON text has a duplicate key with different values: it is ambiguous. */
export class DuplicateKey extends Error {
  readonly key: string;

  constructor(key: string) {
    super(`the key ${JSON.stringify(key)} appears twice, with different values`);
    this.key = key;
  }
}

/**
 * The value as JSON, in which a bigint is a plain integer with all its digits; otherwise like `JSON.stringify`. A
 * value that JSON can't represent (a function, undefined) becomes `null`.
 */
export function exactJson(value: unknown): string {
  return stringify(value) ?? 'null';
}

/**
 * Parses JSON like `JSON.parse`, with two exceptions: an integer that a number can't represent exactly becomes a
 * bigint, and a duplicate key with different values is refused.
 *
 * @throws SyntaxError; DuplicateKey; RangeError if it is nested thousands deep.
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
