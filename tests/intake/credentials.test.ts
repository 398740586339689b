import { randomBytes } from 'node:crypto';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { SessionFileUnreadable } from '../../src/intake/errors.js';
import { fixture, pagesOf, scanning, telethonFile, write } from './session_files.js';

const strings: Record<string, string> = JSON.parse(fixture('strings.json').toString());
const key = randomBytes(256);
const nothing = pagesOf(new Map());

describe('credentials', () => {
  test(
    'are read from either file, during a scan as well',
    scanning(async (scanner, root) => {
      write(root, {
        'a.session': telethonFile(key),
        'b.json': JSON.stringify({ session: strings.pyrogram, api_id: 7 }),
      });
      await scanner.begin(nothing);
      const credentials = await scanner.credentials('a.session', null);
      expect(credentials).toMatchObject({
        dcId: 2,
        serverAddress: '149.154.167.51',
        port: 443,
        userId: null,
      });
      expect(credentials?.authKey.equals(key)).toBe(true);
      expect(await scanner.credentials(null, 'b.json')).toMatchObject({
        dcId: 4,
        userId: '777000222',
        apiId: 12345,
      });
      expect(await scanner.readNext(10)).toHaveLength(2);
    }),
  );

  test(
    'are null for a file without any, and an error for one that is not there or not inside the directory',
    scanning(async (scanner, root) => {
      write(root, { 'dead.session': fixture('broken/logged_out.session') });
      symlinkSync('/etc/hostname', join(root, 'out.session'));
      expect(await scanner.credentials('dead.session', null)).toBe(null);
      const paths = ['gone.session', 'out.session', '../../../../etc/hostname', 'a\0b.session'];
      for (const path of paths) {
        await expect(scanner.credentials(path, null)).rejects.toThrow(SessionFileUnreadable);
      }
    }),
  );
});

test(
  'a session file is given out byte for byte, and only from inside the directory',
  scanning(async (scanner, root) => {
    const bytes = telethonFile(key);
    write(root, { 'a.session': bytes });
    symlinkSync('/etc/hostname', join(root, 'out.session'));
    expect((await scanner.fileBytes('a.session')).equals(bytes)).toBe(true);
    await expect(scanner.fileBytes('out.session')).rejects.toThrow(SessionFileUnreadable);
  }),
);
