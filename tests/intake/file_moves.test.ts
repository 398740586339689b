import { existsSync, lstatSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileNameTaken } from '../../src/intake/errors.js';
import { walked } from './scanning.js';
import { filesOf, withFiles, write } from './session_files.js';

const both = { file: 'a.session', jsonFile: 'a.json' };
const phone = { file: '573025288905/573025288905.session', jsonFile: '573025288905/573025288905.json' };

/** What the files are called and hold. */
const contents = { 'a.session': 's', 'a.json': 'j' };

describe('a new name', () => {
  it.each([
    ['another', 'b'],
    ['one that differs in case only', 'A'],
    ['the one that it has', 'a'],
  ])('is %s, for both files, and undo restores the old one', (_, name) =>
    withFiles(async (files, root) => {
      write(root, contents);
      const moved = await files.move(both, name);
      expect(moved).toMatchObject({ file: `${name}.session`, jsonFile: `${name}.json` });
      expect(filesOf(root)).toEqual({ [`${name}.session`]: 's', [`${name}.json`]: 'j' });
      await moved.undo();
      expect(filesOf(root)).toEqual(contents);
    })(),
  );

  it(
    'is given to one file if there is only one',
    withFiles(async (files, root) => {
      write(root, { 'a.session': 's', 'b.json': 'j' });
      expect(await files.move({ file: 'a.session', jsonFile: null }, 'x')).toMatchObject({ jsonFile: null });
      expect(await files.move({ file: null, jsonFile: 'b.json' }, 'y')).toMatchObject({ file: null });
      expect(filesOf(root)).toEqual({ 'x.session': 's', 'y.json': 'j' });
    }),
  );

  it(
    'moves the files out of their own directory, which is removed, and restored by undo',
    withFiles(async (files, root) => {
      write(root, { [phone.file]: 's', [phone.jsonFile]: 'j' });
      const moved = await files.move(phone, 'main');
      expect(readdirSync(root)).toEqual(['main.json', 'main.session']);
      expect(walked(root).entries.map(({ name }) => name)).toEqual(['main']);
      await moved.undo();
      expect(filesOf(root)).toEqual({ [phone.file]: 's', [phone.jsonFile]: 'j' });
    }),
  );

  it(
    'may be that of its own directory, or unite files of two directories',
    withFiles(async (files, root) => {
      write(root, { [phone.file]: 's', 'x.session': 's', 'x/x.json': 'j' });
      await files.move({ ...phone, jsonFile: null }, '573025288905');
      await files.move({ file: 'x.session', jsonFile: 'x/x.json' }, 'x');
      expect(readdirSync(root)).toEqual(['573025288905.session', 'x.json', 'x.session']);
    }),
  );

  it(
    'in the same directory leaves the files there, and a directory with other files stays',
    withFiles(async (files, root) => {
      write(root, { 'batch/a.session': 's', 'batch/b.session': 't' });
      await files.move({ file: 'batch/a.session', jsonFile: null }, 'batch/c');
      await files.move({ file: 'batch/b.session', jsonFile: null }, 'd');
      expect(filesOf(root)).toEqual({ 'batch/c.session': 's', 'd.session': 't' });
    }),
  );

  it(
    'is refused if it is taken, in another directory, or invalid, and nothing is moved',
    withFiles(async (files, root) => {
      const before = {
        ...contents,
        'B.session': 't',
        'c.json': '{}',
        'd/d.session': 'u',
        'e/x.session': 'v',
      };
      write(root, before);
      for (const name of ['B', 'b', 'c', 'd']) {
        await expect(files.move(both, name)).rejects.toThrow(FileNameTaken);
      }
      for (const name of ['e/y', 'gone/y', '../y', '', 'a/a']) {
        await expect(files.move(both, name)).rejects.toThrow(/name|directory/);
      }
      expect(filesOf(root)).toEqual(before);
    }),
  );

  it(
    'is refused while another program is in the middle of writing',
    withFiles(async (files, root) => {
      const before = { ...contents, 'a.session-journal': 'hot' };
      write(root, before);
      await expect(files.move(both, 'b')).rejects.toMatchObject({ detail: { error: 'file_in_use' } });
      expect(filesOf(root)).toEqual(before);
      write(root, { 'a.session-journal': '' });
      await files.move(both, 'b');
      expect(filesOf(root)).toEqual({ 'b.session': 's', 'b.json': 'j' });
    }),
  );

  it(
    'of a missing file moves none of them',
    withFiles(async (files, root) => {
      write(root, { 'a.session': 's' });
      await expect(files.move(both, 'b')).rejects.toThrow("Session file a.session can't be renamed: ENOENT");
      expect(filesOf(root)).toEqual({ 'a.session': 's' });
    }),
  );

  it(
    'is given to a link in the same directory, and to none that would then lead elsewhere',
    withFiles(async (files, root) => {
      write(root, { 'sub/real.session': 's' });
      symlinkSync('sub/real.session', join(root, 'link.session'));
      symlinkSync('real.session', join(root, 'sub/near.session'));
      await files.move({ file: 'link.session', jsonFile: null }, 'other');
      expect(readlinkSync(join(root, 'other.session'))).toBe('sub/real.session');
      const near = { file: 'sub/near.session', jsonFile: null };
      await expect(files.move(near, 'near')).rejects.toThrow('symbolic link');
      expect(existsSync(join(root, 'sub/near.session'))).toBe(true);
    }),
  );

  it(
    'is not undone over a file that has the old name by now',
    withFiles(async (files, root) => {
      write(root, contents);
      const { undo } = await files.move(both, 'b');
      write(root, { 'a.json': 'new' });
      await expect(undo()).rejects.toThrow('a.json exists again');
      expect(filesOf(root)).toEqual({ 'b.session': 's', 'b.json': 'j', 'a.json': 'new' });
    }),
  );
});

describe('removing a session', () => {
  it(
    'removes its files, SQLite’s auxiliary files, and the directory that they leave empty',
    withFiles(async (files, root) => {
      write(root, { [phone.file]: 's', [phone.jsonFile]: 'j', 'a.session': 's', 'a.session-wal': 'w' });
      write(root, {
        'a.session-journal': 'w',
        'a.session-shm': 'w',
        'a.session.txt': 'note',
        'b.json': '{}',
      });
      await files.remove(phone);
      await files.remove({ file: 'a.session', jsonFile: null });
      expect(readdirSync(root)).toEqual(['a.session.txt', 'b.json']);
    }),
  );

  it(
    'succeeds if they are already gone, even with their directory, and never removes the root',
    withFiles(async (files, root) => {
      for (let turn = 0; turn < 2; turn += 1) {
        await files.remove(phone);
        await files.remove(both);
        await files.remove({ file: null, jsonFile: null });
      }
      expect(readdirSync(root)).toEqual([]);
    }),
  );

  it(
    'removes a link but not its target, and touches nothing outside',
    withFiles(async (files, root) => {
      write(root, { 'real.session': 's', '../secret.session': 'secret' });
      symlinkSync('real.session', join(root, 'link.session'));
      symlinkSync('../secret.session', join(root, 'out.session'));
      await files.remove({ file: 'link.session', jsonFile: null });
      for (const file of ['out.session', '../secret.session', 'real.session/../../secret.session']) {
        await expect(files.remove({ file, jsonFile: null })).rejects.toThrow(/leads out|not a session file/);
      }
      expect(lstatSync(join(root, 'out.session')).isSymbolicLink()).toBe(true);
      expect(filesOf(root)).toMatchObject({ 'real.session': 's' });
      expect(existsSync(join(root, '../secret.session'))).toBe(true);
    }),
  );
});
