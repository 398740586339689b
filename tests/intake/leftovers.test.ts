import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { removeLeftovers, temporaryName } from '../../src/intake/leftovers.js';
import { inDirectory, write } from './session_files.js';

it('what a stop left half written is removed after an hour; nothing else is', () =>
  inDirectory(async (root) => {
    const now = Date.UTC(2025, 2, 1, 12);
    const [old, fresh] = [temporaryName('0-1'), temporaryName('0-2')];
    write(root, { [old]: 'key', [fresh]: 'key', '.telegate.tmp': 'other', 'a.session': 'session' });
    const at = (name: string, ago: number) => {
      utimesSync(join(root, name), (now - ago) / 1000, (now - ago) / 1000);
    };
    for (const name of [old, '.telegate.tmp', 'a.session']) at(name, 3_600_000);
    at(fresh, 3_599_000);
    await removeLeftovers(root, now);
    expect(readdirSync(root).sort()).toEqual([fresh, '.telegate.tmp', 'a.session'].sort());
    await expect(removeLeftovers(join(root, 'nowhere'), now)).resolves.toBeUndefined();
  }));
