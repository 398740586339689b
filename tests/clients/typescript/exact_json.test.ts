import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJson, stringifyJson } from '../../../clients/typescript/src/json.js';

describe('JSON of 64-bit ids', () => {
  it('keeps every digit', () => {
    const text =
      '{"access_hash":1234567890123456789,"id":-1001234567890123456,"small":42,"f":1234567890123456.5}';
    expect(parseJson(text)).toEqual({
      access_hash: 1234567890123456789n,
      id: -1001234567890123456n,
      small: 42,
      f: 1234567890123456.5,
    });
    expect(stringifyJson({ channel_id: -1001234567890123456n })).toBe(
      '{"channel_id":"-1001234567890123456"}',
    );
  });

  it('leaves numbers that fit, and text that looks like one', () => {
    const value = [
      9007199254740991,
      '1234567890123456789',
      '\u0000bigint',
      '\u0000',
      'a"1234567890123456789"\\',
    ];
    expect(parseJson(JSON.stringify(value))).toEqual(value);
    expect(parseJson('["\\u00001234567890123456789", 1234567890123456789]')).toEqual([
      '\u00001234567890123456789',
      1234567890123456789n,
    ]);
  });

  it('reads a file of several megabytes beside an id', () => {
    const file = 'A\\n"'.repeat(2 ** 21);
    expect(parseJson(`{"id":1234567890123456789,"file":${JSON.stringify(file)}}`)).toEqual({
      id: 1234567890123456789n,
      file,
    });
  });

  it('reads whatever JSON.stringify writes', () => {
    const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(fc.jsonValue(), long, (value, id) => {
        const text = `[${JSON.stringify(value)},${id},"${id}"]`;
        const [parsed, number, string] = parseJson(text) as [unknown, bigint | number, string];
        if (!/\d{16}/.test(JSON.stringify(value))) expect(parsed).toEqual(JSON.parse(JSON.stringify(value)));
        expect([BigInt(number), string]).toEqual([id, String(id)]);
      }),
    );
  });
});
