import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SessionsDirectoryUnreadable } from '../../src/intake/errors.js';
import {
  digest,
  fixtures,
  knownAfter,
  pagesOf,
  scan,
  scanning,
  snapshot,
  telethonFile,
  write,
} from './session_files.js';

const key = randomBytes(256);

describe('a scan', () => {
  test(
    'finds every sample, reads each once, and leaves all files and directories as they are',
    scanning(async (scanner, root) => {
      cpSync(fixtures, root, { recursive: true });
      const before = snapshot(root);
      const first = await scan(scanner);
      expect(first.summary).toMatchObject({ found: 17, appeared: 17, changed: 0, gone: 0, rejectedTotal: 3 });
      const noSession = 'no session: no session string in the JSON file';
      expect(first.summary.rejected).toEqual([
        { file: 'manifest.json', reason: noSession },
        { file: 'strings.json', reason: noSession },
        { file: 'broken/bad.json', reason: 'not valid JSON' },
      ]);
      expect(first.files.find(({ name }) => name === '573025288905')).toMatchObject({
        kind: 'appeared',
        file: '573025288905/573025288905.session',
        json: '573025288905/573025288905.json',
        inspection: { format: 'telethon', phoneNumber: '+573025288905', userId: '8312419180', apiId: 12345 },
      });
      const second = await scan(scanner, knownAfter(first));
      expect(second).toMatchObject({
        summary: { found: 17, appeared: 0, changed: 0, gone: 0 },
        files: [],
        gone: [],
      });
      expect(snapshot(root)).toEqual(before);
    }),
  );

  test(
    'tells new, changed and gone files apart',
    scanning(async (scanner, root) => {
      write(root, { 'stays.session': telethonFile(), 'changes.session': '', 'goes.session': '' });
      const known = knownAfter(await scan(scanner));
      rmSync(join(root, 'goes.session'));
      write(root, { 'changes.session': telethonFile(key), 'new.session': '' });
      const { summary, files, gone } = await scan(scanner, known);
      expect(summary).toMatchObject({ found: 3, appeared: 1, changed: 1, gone: 1 });
      expect(files.map(({ name, kind }) => [name, kind])).toEqual([
        ['changes', 'changed'],
        ['new', 'appeared'],
      ]);
      expect(files[0]).toMatchObject({ inspection: { authKeySha256: digest(key) } });
      expect(gone).toEqual(['goes']);
    }),
  );

  test(
    'of certain names says of them what a whole scan would, and nothing of others',
    scanning(async (scanner, root) => {
      write(root, {
        'a.session': '',
        'b/c.session': '',
        '5551234567/5551234567.session': '',
        'x.session': '',
      });
      const known = knownAfter(await scan(scanner));
      for (const path of ['a.session', 'x.session']) rmSync(join(root, path));
      write(root, { 'b/c.session': telethonFile(), 'b/new.session': '', 'unasked.session': '' });
      const names = ['a', 'b/c', 'b/new', '5551234567', 'never', '../etc', 'x/x'];
      const { summary, files, gone } = await scan(scanner, known, names);
      expect(summary).toMatchObject({ found: 3, appeared: 1, changed: 1, gone: 1 });
      expect(files.map(({ name, kind }) => [name, kind])).toEqual([
        ['b/c', 'changed'],
        ['b/new', 'appeared'],
      ]);
      expect(gone).toEqual(['a']);
    }),
  );

  test(
    'of certain names follows no link that a whole scan would not',
    scanning(async (scanner, root) => {
      write(root, { 'real/a.session': '' });
      symlinkSync('real', join(root, 'linked'));
      symlinkSync('/etc/hostname', join(root, 'out.session'));
      const { summary, files } = await scan(scanner, new Map(), ['linked/a', 'out']);
      expect(files).toEqual([]);
      expect(summary.rejected).toEqual([
        { file: 'out.session', reason: 'symbolic link leads out of the sessions directory' },
      ]);
    }),
  );

  test(
    'fails when the directory is gone, whole or by names, and works again when it is back',
    scanning(async (scanner, root) => {
      write(root, { 'a.session': '' });
      const known = knownAfter(await scan(scanner));
      renameSync(root, `${root}-away`);
      await expect(scanner.begin(pagesOf(known))).rejects.toThrow(SessionsDirectoryUnreadable);
      await expect(scanner.begin(pagesOf(known), ['a'])).rejects.toThrow(`${root} can't be read: ENOENT`);
      renameSync(`${root}-away`, root);
      expect((await scan(scanner, known)).summary).toMatchObject({ found: 1, gone: 0 });
    }),
  );

  test(
    'does not take for gone what lies below a directory that can not be read',
    scanning(async (scanner, root) => {
      write(root, { 'closed/a.session': '', 'closed/deep/b.session': '', 'closer.session': '' });
      const known = knownAfter(await scan(scanner));
      rmSync(join(root, 'closer.session'));
      const closed = join(root, 'closed');
      chmodSync(closed, 0);
      const { summary, gone } = await scan(scanner, known);
      chmodSync(closed, 0o700);
      if (summary.found > 0) process.stderr.write('skipped: this user may read any directory\n');
      else expect(gone).toEqual(['closer']);
    }),
  );
});
