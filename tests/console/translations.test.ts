import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

type Texts = { readonly [key: string]: string | Texts };

/** Each text by its whole key, and the names of its placeholders. */
function textsOf(file: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const walk = (texts: Texts, path: string) => {
    for (const [key, text] of Object.entries(texts)) {
      if (typeof text !== 'string') walk(text, `${path}${key}.`);
      else found.set(path + key, [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name ?? '').sort());
    }
  };
  walk(JSON.parse(readFileSync(`web/i18n/${file}`, 'utf8')), '');
  return found;
}

const PLURAL = /_(one|few|many|other)$/;

describe('the texts of the console', () => {
  for (const file of readdirSync('web/i18n/en')) {
    it(`are the same in Russian, with the same placeholders: ${file}`, () => {
      const english = textsOf(`en/${file}`);
      const russian = textsOf(`ru/${file}`);
      const keysOf = (texts: Map<string, string[]>) => [
        ...new Set([...texts.keys()].map((key) => key.replace(PLURAL, ''))),
      ];
      expect(keysOf(russian)).toEqual(keysOf(english));
      for (const [key, names] of english) {
        if (!PLURAL.test(key)) expect([key, russian.get(key)]).toEqual([key, names]);
        else
          for (const form of ['one', 'few', 'many', 'other'])
            expect(russian.has(key.replace(PLURAL, `_${form}`))).toBe(true);
      }
    });
  }
});
