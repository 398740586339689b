import { renameSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { inDirectory, walked, write } from './session_files.js';

function fingerprint(root: string, name: string, check?: 'strict'): string | undefined {
  return walked(root, check).entries.find((entry) => entry.name === name)?.fingerprint;
}

describe('a walk finds', () => {
  test('files in order, those of a directory before its subdirectories, with the JSON that belongs to them', () =>
    inDirectory((root) => {
      write(root, {
        'z.session': '',
        'b/y.session': '',
        'b/a/x.session': '',
        'b/y.json': '',
        'c.json': '',
        'n.txt': '',
      });
      write(root, {
        '5551234567/5551234567.session': '',
        '5551234567/5551234567.json': '',
        '5551234567/info.json': '',
      });
      const { entries, walk } = walked(root);
      expect(entries.map(({ name, file, json }) => [name, file, json])).toEqual([
        ['c', null, 'c.json'],
        ['z', 'z.session', null],
        ['5551234567', '5551234567/5551234567.session', '5551234567/5551234567.json'],
        ['5551234567/info', null, '5551234567/info.json'],
        ['b/y', 'b/y.session', 'b/y.json'],
        ['b/a/x', 'b/a/x.session', null],
      ]);
      expect(walk.rejections.total).toBe(0);
      expect(walk.device).toMatch(/^\d+$/);
    }));

  test('one session for one name: the first file wins, and a file of the other kind joins it', () =>
    inDirectory((root) => {
      write(root, {
        'X.session': 'first',
        'X/X.session': 'second',
        'X/X.json': '{}',
        'Y.json': '{}',
        'Y/Y.session': '',
      });
      const { entries, walk } = walked(root);
      expect(entries.map(({ name, file, json }) => [name, file, json])).toEqual([
        ['X', 'X.session', 'X/X.json'],
        ['Y', 'Y/Y.session', 'Y.json'],
      ]);
      expect(walk.rejections.list).toEqual([
        { file: 'X/X.session', reason: 'the name X is taken by X.session' },
      ]);
    }));

  test('nothing in hidden directories, and says nothing of them', () =>
    inDirectory((root) => {
      write(root, { '.trash/a.session': '', 'b/.git/c.session': '' });
      const { entries, walk } = walked(root);
      expect([entries, walk.rejections.total]).toEqual([[], 0]);
    }));

  test('a link inside the directory as the file it leads to', () =>
    inDirectory((root) => {
      write(root, { 'sub/a.session': 'content' });
      symlinkSync('sub/a.session', join(root, 'link.session'));
      expect(walked(root).entries.map(({ name, file }) => [name, file])).toEqual([
        ['link', 'link.session'],
        ['sub/a', 'sub/a.session'],
      ]);
    }));
});

describe('a fingerprint', () => {
  test('is the same as long as nothing changes', () =>
    inDirectory((root) => {
      write(root, { 'a.session': 'one', 'a.json': '{}' });
      expect(fingerprint(root, 'a')).toBe(fingerprint(root, 'a'));
    }));

  test('differs after a change of size, of time, of the file, of its JSON, and of the check', () =>
    inDirectory((root) => {
      write(root, { 'a.session': 'one', 'a.json': '{}' });
      utimesSync(join(root, 'a.session'), 1000, 1000);
      const seen = [fingerprint(root, 'a'), fingerprint(root, 'a', 'strict')];
      writeFileSync(join(root, 'a.session'), 'longer');
      utimesSync(join(root, 'a.session'), 1000, 1000);
      seen.push(fingerprint(root, 'a'));
      utimesSync(join(root, 'a.session'), 1000, 2000);
      seen.push(fingerprint(root, 'a'));
      write(root, { 'a.json': '{"phone": 1}' });
      seen.push(fingerprint(root, 'a'));
      write(root, { other: 'longer' });
      utimesSync(join(root, 'other'), 1000, 2000);
      renameSync(join(root, 'other'), join(root, 'a.session'));
      seen.push(fingerprint(root, 'a'));
      expect(new Set(seen).size).toBe(6);
    }));
});
