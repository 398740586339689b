import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileNameTaken } from '../../src/intake/errors.js';
import { removeLeftovers, temporaryName } from '../../src/intake/file_operations.js';
import { walked } from './scanning.js';
import { filesOf, inDirectory, withFiles, write, writerOver } from './session_files.js';

const bytes = Buffer.from('the bytes of a session');

describe('a new session file', () => {
  it(
    'has the bytes, is readable by its owner only, and leaves nothing else',
    withFiles(async (files, root) => {
      const { path } = await files.create('alpha', bytes);
      expect(path).toBe('alpha.session');
      expect(filesOf(root)).toEqual({ 'alpha.session': bytes.toString() });
      expect(statSync(join(root, path)).mode & 0o777).toBe(0o600);
      expect(walked(root).entries.map(({ name }) => name)).toEqual(['alpha']);
    }),
  );

  it(
    'may have any session name, also in an existing directory',
    withFiles(async (files, root) => {
      mkdirSync(join(root, 'batch'));
      for (const name of ['Основной аккаунт', 'a.b', 'batch/one']) {
        expect(await files.create(name, bytes)).toMatchObject({ path: `${name}.session` });
      }
      expect(
        walked(root)
          .entries.map(({ name }) => name)
          .sort(),
      ).toEqual(['Основной аккаунт', 'a.b', 'batch/one'].sort());
    }),
  );

  it(
    'is gone after undo, even if it was gone already',
    withFiles(async (files, root) => {
      const { undo } = await files.create('alpha', bytes);
      await undo();
      expect(filesOf(root)).toEqual({});
      await undo();
    }),
  );

  it(
    'is not corrupted by what SQLite left next to an old one',
    withFiles(async (files, root) => {
      write(root, { 'alpha.session-journal': 'old', 'alpha.session-wal': 'old', 'alpha.session-shm': 'old' });
      await files.create('alpha', bytes);
      expect(Object.keys(filesOf(root))).toEqual(['alpha.session']);
    }),
  );

  it('joins the JSON file of its own session', () =>
    withFiles(async (files, root) => {
      write(root, { 'alpha.json': '{}' });
      await expect(files.create('alpha', bytes)).rejects.toThrow(FileNameTaken);
      await files.create('alpha', bytes, ['alpha.json']);
      expect(walked(root).entries).toMatchObject([
        { name: 'alpha', file: 'alpha.session', json: 'alpha.json' },
      ]);
    })());
});

describe('a name is taken', () => {
  it.each([
    'alpha.session',
    'alpha.json',
    'alpha/alpha.session',
    'alpha/alpha.json',
    'Alpha.session',
    'ALPHA.json',
    'ALPHA/ALPHA.session',
    'ａlpha.session',
  ])('by %s, which stays unchanged', (taken) =>
    withFiles(async (files, root) => {
      const session_name = basename(taken).replace(/\..*/, '');
      write(root, { [taken]: 'its own' });
      const refused = await files.create('alpha', bytes).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(FileNameTaken);
      expect(refused).toMatchObject({
        detail: { error: 'name_taken', session_name, message: expect.stringContaining(taken) },
      });
      expect(filesOf(root)).toEqual({ [taken]: 'its own' });
    })(),
  );

  it(
    'by a broken link, and by a directory with the name of the file',
    withFiles(async (files, root) => {
      symlinkSync('nowhere', join(root, 'link.session'));
      mkdirSync(join(root, 'directory.session'));
      for (const name of ['link', 'directory']) {
        await expect(files.create(name, bytes)).rejects.toThrow(FileNameTaken);
      }
    }),
  );

  it.each(['beta.session', 'alpha.txt', 'alpha/other.session', 'alpha2.session', 'sub/alpha.session'])(
    'not by %s',
    (other) =>
      withFiles(async (files, root) => {
        write(root, { [other]: '' });
        await files.create('alpha', bytes);
        expect(Object.keys(filesOf(root))).toEqual(['alpha.session', other].sort());
      })(),
  );

  it(
    'by exactly one of several concurrent requests',
    withFiles(async (files, root) => {
      const tries = Array.from({ length: 20 }, (_, index) => files.create('alpha', Buffer.from(`${index}`)));
      const outcomes = await Promise.allSettled(tries);
      const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [`${index}`] : []));
      expect(winners).toHaveLength(1);
      expect(filesOf(root)).toEqual({ 'alpha.session': winners[0] });
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(FileNameTaken);
      }
    }),
  );
});

describe('a refusal leaves nothing behind', () => {
  it(
    'a name that cannot be a session’s, or leads elsewhere',
    withFiles(async (files, root) => {
      write(root, { 'real/x.session': '', '../outside/y.session': '' });
      symlinkSync('real', join(root, 'linked'));
      symlinkSync('../outside', join(root, 'out'));
      const before = filesOf(root);
      for (const name of [
        '',
        '.a',
        '../a',
        'a/../../b',
        '/tmp/a',
        'a\0',
        'a\\b',
        'x/x',
        'linked/a',
        'out/a',
      ]) {
        await expect(files.create(name, bytes)).rejects.toThrow(/name|link/);
      }
      await expect(files.create('nowhere/a', bytes)).rejects.toThrow(
        "Session file nowhere/a.session can't be written: ENOENT",
      );
      expect(filesOf(root)).toEqual(before);
    }),
  );

  it('a missing sessions directory', () =>
    inDirectory(async (directory) => {
      const files = writerOver(join(directory, 'away'));
      await expect(files.create('alpha', bytes)).rejects.toThrow("can't be read: ENOENT");
      expect(existsSync(join(directory, 'away'))).toBe(false);
    }));

  it(
    'what the system refuses, with its error code',
    withFiles(async (files, root) => {
      const full = writerOver(root, 'a part of a file name that no file system takes'.repeat(10));
      write(root, { 'old.session': 'old' });
      await expect(full.create('alpha', bytes)).rejects.toThrow(
        "Session file alpha.session can't be written: ENAMETOOLONG",
      );
      await expect(full.replace('old.session', bytes)).rejects.toThrow(
        "Session file old.session can't be written: ENAMETOOLONG",
      );
      expect(filesOf(root)).toEqual({ 'old.session': 'old' });
      await files.create('alpha', bytes);
    }),
  );

  it(
    'a directory without write permission',
    withFiles(async (files, root) => {
      chmodSync(root, 0o500);
      const refused = await files.create('alpha', bytes).catch((error: unknown) => error);
      chmodSync(root, 0o700);
      if (!(refused instanceof Error))
        return void process.stderr.write('skipped: this user may write anywhere\n');
      expect(refused.message).toBe("Session file alpha.session can't be written: EACCES");
      expect(readdirSync(root)).toEqual([]);
    }),
  );
});

describe('replacing the bytes of a file', () => {
  it(
    'leaves only the new ones, for its owner only, until undo restores the old ones with everything next to them',
    withFiles(async (files, root) => {
      const old = { 'a/b.session': 'old', 'a/b.session-journal': 'hot', 'a/b.json': '{}' };
      write(root, old);
      const { path, undo } = await files.replace('a/b.session', bytes);
      expect(path).toBe('a/b.session');
      expect(filesOf(root)).toEqual({ 'a/b.session': bytes.toString(), 'a/b.json': '{}' });
      expect(statSync(join(root, path)).mode & 0o777).toBe(0o600);
      await undo();
      expect(filesOf(root)).toEqual(old);
    }),
  );

  it(
    'follows a link, but never out of the directory',
    withFiles(async (files, root) => {
      write(root, { 'sub/real.session': 'old', '../secret.session': 'secret' });
      symlinkSync('sub/real.session', join(root, 'link.session'));
      symlinkSync('../secret.session', join(root, 'out.session'));
      await files.replace('link.session', bytes);
      expect(readFileSync(join(root, 'sub/real.session'))).toEqual(bytes);
      for (const path of ['out.session', '../secret.session']) {
        await expect(files.replace(path, bytes)).rejects.toThrow(/leads out|not a session file/);
      }
      expect(readFileSync(join(root, '../secret.session'), 'utf8')).toBe('secret');
    }),
  );

  it(
    'requires an existing file',
    withFiles(async (files, root) => {
      await expect(files.replace('a.session', bytes)).rejects.toThrow(
        "Session file a.session can't be written: ENOENT",
      );
      expect(filesOf(root)).toEqual({});
    }),
  );
});

it('files left incomplete by a stop are removed after an hour; nothing else is', () =>
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
