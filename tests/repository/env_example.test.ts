import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { settingsSchema } from '../../src/settings.js';

const text = readFileSync('.env.example', 'utf8');

describe('.env.example', () => {
  it('names every setting, and nothing else', () => {
    expect(Object.keys(parseEnv(text)).sort()).toEqual(Object.keys(settingsSchema.shape).sort());
  });

  it('contains the defaults: copied unchanged, it changes nothing', () => {
    expect(loadConfig({ ...parseEnv(text) })).toEqual(loadConfig({}));
  });

  it('shows every default', () => {
    const shown = parseEnv(text);
    for (const [name, setting] of Object.entries(settingsSchema.shape)) {
      const unset = setting.parse(undefined);
      const isEmpty =
        name === 'DATABASE_URL' || unset === null || (Array.isArray(unset) && unset.length === 0);
      expect([name, shown[name] === '']).toEqual([name, isEmpty]);
    }
  });
});
