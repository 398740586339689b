import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SessionsDirectoryUnreadable } from '../../src/intake/errors.js';
import { Walk } from '../../src/intake/walk.js';
import { walked } from './scanning.js';
import { inDirectory, write } from './session_files.js';

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

  test('nothing in hidden directories, and does not report them', () =>
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

describe('a walk refuses, with a reason,', () => {
  const outside = 'symbolic link leads out of the sessions directory';

  test('links that leave the directory, are broken or circular, and links to directories', () =>
    inDirectory((parent) => {
      const root = join(parent, 'sessions');
      write(parent, { 'secret.session': 'x', 'sessions/sub/a.session': '' });
      symlinkSync('../secret.session', join(root, 'escape.session'));
      symlinkSync('circle.session', join(root, 'circle.session'));
      symlinkSync('nothing', join(root, 'dangling.session'));
      symlinkSync('.', join(root, 'loop'));
      symlinkSync('/etc', join(root, 'out'));
      const { entries, walk } = walked(root);
      expect(entries.map(({ name }) => name)).toEqual(['sub/a']);
      expect(walk.rejections.list).toEqual([
        { file: 'circle.session', reason: 'broken symbolic link: ELOOP' },
        { file: 'dangling.session', reason: 'broken symbolic link: ENOENT' },
        { file: 'escape.session', reason: outside },
        { file: 'loop', reason: 'symbolic link to a directory, not followed' },
        { file: 'out', reason: outside },
      ]);
    }));

  test('anything but regular files, and files over the limit', () =>
    inDirectory((root) => {
      execFileSync('mkfifo', [join(root, 'fifo.session')]);
      symlinkSync('/dev/zero', join(root, 'device.session'));
      mkdirSync(join(root, 'directory.session'));
      write(root, { 'large.session': '', 'directory.session/a.session': '' });
      truncateSync(join(root, 'large.session'), 65 * 1024 * 1024);
      const { entries, walk } = walked(root);
      expect(entries).toEqual([]);
      expect(walk.rejections.list).toEqual([
        { file: 'device.session', reason: outside },
        { file: 'directory.session', reason: 'a directory, not a regular file' },
        { file: 'fifo.session', reason: 'a FIFO, not a regular file' },
        { file: 'large.session', reason: '68157440 bytes, over the limit of 67108864' },
      ]);
    }));

  test('names that cannot be a file name', () =>
    inDirectory((root) => {
      write(root, {
        'line\nbreak.session': '',
        '.hidden.session': '',
        '.session': '',
        'bad\tdirectory/a.session': '',
      });
      writeFileSync(
        Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9]), Buffer.from('.session')]),
        '',
      );
      const { entries, walk } = walked(root);
      expect(entries).toEqual([]);
      expect(walk.rejections.list).toEqual([
        { file: '.hidden.session', reason: 'hidden file' },
        { file: '.session', reason: 'empty name' },
        { file: 'bad\tdirectory', reason: 'control characters in the name' },
        { file: 'caf\uFFFD.session', reason: 'name is not valid UTF-8' },
        { file: 'line\nbreak.session', reason: 'control characters in the name' },
      ]);
    }));

  test('any number of files, of which it lists a thousand', () =>
    inDirectory((root) => {
      for (let index = 0; index < 1100; index += 1) writeFileSync(join(root, `.${index}.session`), '');
      const { rejections } = walked(root).walk;
      expect([rejections.total, rejections.list.length]).toEqual([1100, 1000]);
    }));
});

describe('what cannot be read', () => {
  test('is an error with name and reason if it is the sessions directory', () =>
    inDirectory((root) => {
      write(root, { file: '' });
      expect(() => walked(join(root, 'gone'))).toThrow(SessionsDirectoryUnreadable);
      expect(() => walked(join(root, 'gone'))).toThrow(`${join(root, 'gone')} can't be read: ENOENT`);
      expect(() => walked(join(root, 'file'))).toThrow('ENOTDIR');
    }));

  test('is an error if the sessions directory disappears during the walk', () =>
    inDirectory((parent) => {
      const root = join(parent, 'sessions');
      write(root, { 'a.session': '', 'b/c.session': '' });
      const entries = new Walk({ root, check: 'lenient', maxBytes: 1 }).entries();
      expect(entries.next().value?.name).toBe('a');
      renameSync(root, join(parent, 'away'));
      expect(() => [...entries]).toThrow(SessionsDirectoryUnreadable);
    }));

  test('is listed if it is a subdirectory', () =>
    inDirectory((root) => {
      write(root, { 'a.session': '', 'closed/b.session': '' });
      chmodSync(join(root, 'closed'), 0);
      if (canList(join(root, 'closed'))) return skipped('this user may read any directory');
      const { entries, walk } = walked(root);
      chmodSync(join(root, 'closed'), 0o700);
      expect(entries.map(({ name }) => name)).toEqual(['a']);
      expect([...walk.unreadable]).toEqual(['closed']);
      expect(walk.rejections.list).toEqual([{ file: 'closed', reason: "directory can't be read: EACCES" }]);
    }));
});

function canList(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0;
  } catch {
    return false;
  }
}

function skipped(reason: string): void {
  process.stderr.write(`skipped: ${reason}\n`);
}
