import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SessionsDirectoryUnreadable } from '../../src/intake/errors.js';
import { Scanner } from '../../src/intake/scanner.js';
import { knownAfter, pagesOf, scan, scanning, snapshot } from './scanning.js';
import { digest, fixture, fixtures, telethonFile, write } from './session_files.js';

const strings: Record<string, string> = JSON.parse(fixture('strings.json').toString());
const nothing = pagesOf(new Map());
const key = randomBytes(256);

describe('a scan', () => {
  test(
    'finds every sample, reads each once, and leaves all files and directories unchanged',
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
    'distinguishes new, changed and deleted files',
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
    'of certain names finds the same for them as a whole scan, and nothing else',
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
    'fails when the directory is gone, whether complete or by names, and works again when it is back',
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
    'does not report as deleted what is below an unreadable directory',
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

describe('a JSON file on its own', () => {
  test(
    'is a session if it contains a session string, else refused with the reason',
    scanning(async (scanner, root) => {
      write(root, {
        'account.json': JSON.stringify({ session_string: strings.telethon }),
        'package.json': '{"name": "other"}',
        'list.json': '[]',
        'torn.json': '{"a',
        'long.json': ' '.repeat(1024 * 1024 + 1),
      });
      const { summary, files } = await scan(scanner);
      expect(files).toMatchObject([
        { name: 'account', file: null, inspection: { format: 'telethon-json', dcId: 4 } },
      ]);
      expect(summary).toMatchObject({
        found: 1,
        rejected: ['list.json', 'package.json', 'torn.json'].map((file) => ({
          file,
          reason: file === 'torn.json' ? 'not valid JSON' : 'no session: no session string in the JSON file',
        })),
      });
    }),
  );

  test(
    'leaves no session behind if it only described a session file that is gone',
    scanning(async (scanner, root) => {
      write(root, {
        '5551234567/5551234567.session': '',
        '5551234567/5551234567.json': '{"phone": "5551234567"}',
      });
      const known = knownAfter(await scan(scanner));
      rmSync(join(root, '5551234567/5551234567.session'));
      expect((await scan(scanner, known)).gone).toEqual(['5551234567']);
    }),
  );

  test(
    'still counts as its session while it is being written',
    scanning(async (scanner, root) => {
      write(root, { 'a.json': JSON.stringify({ session: strings.gramjs }) });
      const known = knownAfter(await scan(scanner));
      write(root, { 'a.json': '{"sess' });
      const { files, gone } = await scan(scanner, known);
      expect(files).toMatchObject([
        { kind: 'changed', inspection: { format: 'json', dead: 'not valid JSON' } },
      ]);
      expect(gone).toEqual([]);
    }),
  );
});

describe('an unrecognised file', () => {
  test(
    'is unsettled, not dead, while another program writes it',
    scanning(async (scanner, root) => {
      const torn = telethonFile(key).subarray(0, 5000);
      write(root, { 'a.session': torn, 'a.session-journal': 'x', 'b.session': torn, 'b.session-wal': '' });
      const { files } = await scan(scanner);
      expect(files).toMatchObject([
        { name: 'a', kind: 'appeared', unsettled: true, reason: 'another program is writing it' },
        { name: 'b', inspection: { format: 'unreadable', dead: expect.stringContaining('SQLite') } },
      ]);
    }),
  );

  test(
    'is dead with the strict check, and read again when the check changes',
    scanning(async (lenient, root) => {
      write(root, { 'empty.session': '', 'good.session': telethonFile() });
      const before = await scan(lenient);
      expect(before.files).toMatchObject([
        { inspection: { format: 'unknown', dead: null } },
        { name: 'good' },
      ]);
      const strict = new Scanner({ root, check: 'strict', maxBytes: 1e6 });
      const { summary, files } = await scan(strict, knownAfter(before));
      await strict.close();
      expect(summary.changed).toBe(2);
      expect(files).toMatchObject([
        { inspection: { format: 'unknown', dead: expect.stringContaining('SESSION_CHECK=strict') } },
        { inspection: { format: 'telethon', dead: null } },
      ]);
    }),
  );

  test(
    'that is replaced between listing and reading is unsettled',
    scanning(async (scanner, root) => {
      write(root, { 'a.session': '', 'b.session': '', 'c.session': '' });
      await scanner.begin(nothing);
      for (const name of 'abc') rmSync(join(root, `${name}.session`));
      symlinkSync('/etc/hostname', join(root, 'b.session'));
      mkdirSync(join(root, 'c.session'));
      expect(await scanner.readNext(10)).toMatchObject([
        { unsettled: true, reason: 'ENOENT' },
        { unsettled: true, reason: 'leads out of the sessions directory' },
        { unsettled: true, reason: 'not a regular file' },
      ]);
    }),
  );
});
