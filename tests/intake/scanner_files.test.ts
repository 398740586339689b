import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Scanner } from '../../src/intake/scanner.js';
import { fixture, knownAfter, pagesOf, scan, scanning, telethonFile, write } from './session_files.js';

const strings: Record<string, string> = JSON.parse(fixture('strings.json').toString());
const key = randomBytes(256);
const nothing = pagesOf(new Map());

describe('a JSON file that stands alone', () => {
  test(
    'is a session if it holds a session string, and else refused with its reason',
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
    'leaves no session behind when it only described a session file that is gone',
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
    'is still its session while it is half written',
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

describe('a file that can not be recognised', () => {
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
    'is dead under the strict check, and read again when the check changes',
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
