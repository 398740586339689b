import { randomBytes } from 'node:crypto';
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ScanInterrupted, SessionFileUnreadable } from '../../src/intake/errors.js';
import { pagesOf, scan, scanning } from './scanning.js';
import { fixture, telethonFile, write } from './session_files.js';

const strings: Record<string, string> = JSON.parse(fixture('strings.json').toString());
const key = randomBytes(256);
const nothing = pagesOf(new Map());

describe('the thread', () => {
  test(
    'ends when it is idle, and the next call starts another',
    scanning(
      async (scanner, root) => {
        write(root, { 'a.session': telethonFile(key) });
        for (let round = 0; round < 3; round += 1) {
          expect((await scan(scanner)).files).toHaveLength(1);
          expect(await scanner.credentials('a.session', null)).not.toBe(null);
        }
      },
      { timing: { idleMs: 0, fileMs: 5000 } },
    ),
  );

  test(
    'is terminated over a file that takes too long; the scan fails with its name, and the next one skips it',
    scanning(
      async (scanner, root) => {
        write(root, { 'slow.session': '' });
        truncateSync(join(root, 'slow.session'), 2 ** 27);
        await scanner.begin(nothing);
        const failure = await scanner.readNext(10).catch((error: unknown) => error);
        expect(failure).toMatchObject({ name: 'ScanInterrupted', file: 'slow.session' });
        await expect(scanner.readNext(10)).rejects.toThrow(ScanInterrupted);
        expect((await scan(scanner)).files).toEqual([
          {
            name: 'slow',
            kind: 'appeared',
            unsettled: true,
            reason: 'reading it took too long the last time',
          },
        ]);
      },
      { maxBytes: 2 ** 30, timing: { idleMs: 10_000, fileMs: 2 } },
    ),
  );

  test(
    'rejects pending calls when the scanner is closed, and everything afterwards',
    scanning(async (scanner, root) => {
      writeFileSync(join(root, 'a.session'), '');
      const waiting = expect(scanner.begin(nothing)).rejects.toThrow(ScanInterrupted);
      await scanner.close();
      await waiting;
      await expect(scanner.credentials('a.session', null)).rejects.toThrow('scanner is closed');
      await scanner.end();
    }),
  );

  test(
    'drops a scan whose known names cannot be loaded',
    scanning(async (scanner) => {
      async function* failing(): AsyncGenerator<never> {
        yield* [];
        throw new Error('database is away');
      }
      await expect(scanner.begin(failing())).rejects.toThrow('database is away');
      await expect(scanner.readNext(1)).rejects.toThrow('no scan is under way');
    }),
  );
});

describe('credentials', () => {
  test(
    'are read from either file, even during a scan',
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
    'are null for a file without any, and an error for one that is missing or outside the directory',
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
  'a session file is returned byte for byte, and only from inside the directory',
  scanning(async (scanner, root) => {
    const bytes = telethonFile(key);
    write(root, { 'a.session': bytes });
    symlinkSync('/etc/hostname', join(root, 'out.session'));
    expect((await scanner.fileBytes('a.session')).equals(bytes)).toBe(true);
    await expect(scanner.fileBytes('out.session')).rejects.toThrow(SessionFileUnreadable);
  }),
);
