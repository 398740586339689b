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

/** What the pattern finds in the code of the service, but for its command line. */
function inService(pattern: RegExp): string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !/^cli/.test(file),
  );
  const found = files.flatMap((file) => [...readFileSync(`src/${file}`, 'utf8').matchAll(pattern)]);
  return [...new Set(found.map(([, name]) => name ?? ''))].sort();
}

/** Errors that the console is never answered, or that it says in words of its own. */
const WITHOUT_WORDS = new Set([
  // Of the requests of workers, of programs, and of syncs.
  ...['egress_impossible', 'secrets_unreadable', 'mass_removal_guard', 'scan_interrupted', 'sync_failed'],
  ...['sync_under_way', 'too_many_syncs', 'not_ready', 'too_many_listeners', 'nothing_selected'],
  ...['method_not_allowed', 'path_not_found', 'unsupported_media_type', 'range_not_satisfiable'],
  // Of downloads, which the browser makes.
  ...['file_not_found', 'file_not_stored', 'sink_failed'],
  // Of runs, for their logs.
  ...['lock_lost', 'run_thread_lost'],
  // With an entry for each field, or with figures.
  ...['invalid_input', 'custom', 'flood_wait', 'telegram_error', 'cancelled', 'code_not_needed'],
]);

describe('the console has words', () => {
  const { code } = JSON.parse(readFileSync('web/i18n/en/problems.json', 'utf8')) as { code: Texts };
  const { action } = JSON.parse(readFileSync('web/i18n/en/audit.json', 'utf8')) as {
    action: Record<string, Texts>;
  };

  it('for every error that the service answers', () => {
    const named = inService(/\b(?:error|code): '([a-z]\w+)'/g);
    const notFound = inService(/new NotFound\('([\w ]+)'\)/g).map(
      (object) => `${object.toLowerCase().replace(' ', '_')}_not_found`,
    );
    expect(named.length).toBeGreaterThan(50);
    const wanted = [...named, ...notFound].filter((one) => !WITHOUT_WORDS.has(one));
    expect(wanted.filter((one) => !(one in code))).toEqual([]);
  });

  it('for every action in the audit log', () => {
    const actions = inService(/'((?:session|login|source|run|key|tag)\.[a-z_]+)'/g);
    expect(actions.length).toBeGreaterThan(25);
    const known = Object.entries(action).flatMap(([kind, verbs]) =>
      Object.keys(verbs).map((verb) => `${kind}.${verb}`),
    );
    expect(actions.filter((one) => !known.includes(one))).toEqual([]);
  });
});
