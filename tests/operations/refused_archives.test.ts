import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { DATABASE } from '../../src/operations/backup/manifest.js';
import { type RestoreOptions, restoreBackup } from '../../src/operations/backup/restore.js';
import { OperationRefused } from '../../src/operations/refused.js';
import { craft, edited } from './crafted_archives.js';
import { type Installation, withInstallations } from './installation.js';

/** Some tests start several processes, in milliseconds. */
const PATIENCE_MS = 180_000;

describe('telegate restore', () => {
  it(
    'refuses archives that are foreign, newer, cut off or damaged, and changes nothing',
    withInstallations(async ({ make, directory }) => {
      const [here, there] = [make(), make()];
      here.addSessions('s1', 's2', 'eu/s3');
      const { program } = await here.start();
      await here.json('backup', `${directory}/good`);
      program.kill('SIGTERM');
      await program.ended();
      const good = readFileSync(`${directory}/good`);
      const bad: [name: string, bytes: Buffer, message: string][] = [
        ['text', Buffer.from('not an archive'), 'not a backup'],
        ['empty', Buffer.alloc(0), 'not a backup'],
        ['other', await craft([['hello.txt', 'hello']]), 'not a backup'],
        [
          'newer',
          await craft([['backup.json', '{"telegate_backup":2,"version":"9.0.0"}']]),
          'newer version of TeleGate (9.0.0)',
        ],
        ['cut', good.subarray(0, good.length - 300), 'incomplete or damaged'],
        ['half', good.subarray(0, good.length / 2), 'incomplete or damaged'],
        ['flipped', flipped(good), 'incomplete or damaged'],
        [
          'changed',
          await edited(good, (name, bytes) => (name === 'sessions/s1.session' ? Buffer.from('evil') : bytes)),
          'another checksum',
        ],
        [
          'lacking',
          await edited(good, (name, bytes) => (name === 'sessions/s1.session' ? null : bytes)),
          'incomplete or damaged',
        ],
        [
          'endless',
          await edited(good, (name, bytes) => (name === 'manifest.json' ? null : bytes)),
          'its end is missing',
        ],
        [
          'schema',
          await edited(good, (name, bytes) =>
            name === 'manifest.json'
              ? Buffer.from(bytes.toString().replace(/"migrated_at": \d+/, '"migrated_at": 9999999999999'))
              : bytes,
          ),
          'newer version',
        ],
        [
          'outside',
          await edited(good, renamed('sessions/s1.session', 'sessions/../../evil.session')),
          'not a backup',
        ],
        [
          'absolute',
          await edited(good, renamed('sessions/s1.session', 'sessions//evil.session')),
          'not a backup',
        ],
        [
          'hidden',
          await edited(good, renamed('sessions/s1.session', 'sessions/.restore/s1.session')),
          'not a backup',
        ],
        ['twice', await edited(good, renamed('sessions/s1.session', 'sessions/s2.session')), 'a part twice'],
        ['linked', await withLink(good), 'is no file'],
      ];
      for (const [name, bytes, message] of bad) {
        writeFileSync(`${directory}/${name}`, bytes);
        expect([name, await refusalOf(there, `${directory}/${name}`)]).toEqual([
          name,
          expect.stringContaining(message),
        ]);
      }
      expect(await refusalOf(there, `${directory}/none`)).toContain('ENOENT');
      expect(await there.refusal('restore', `${directory}/cut`)).toContain('incomplete or damaged');
      expect(readdirSync(there.directory)).toEqual([]);
      expect(existsSync(`${directory}/evil.session`)).toBe(false);
      const noDatabase = `${directory}/no database`;
      writeFileSync(noDatabase, await edited(good, replaced(DATABASE, Buffer.from('not a database'))));
      expect(await refusalOf(there, noDatabase)).toMatch(
        /its database can't be used.*Nothing was changed\.$/,
      );
      expect(readdirSync(there.path('data'))).toEqual([]);
    }),
    PATIENCE_MS,
  );

  it(
    'refuses an archive that unpacks to more than there is room for, and reads no further',
    withInstallations(async ({ make, directory }) => {
      const file = `${directory}/bomb`;
      writeFileSync(
        file,
        await craft([
          ['backup.json', '{"telegate_backup":1,"version":"1.0.0"}'],
          ['database.sqlite', Buffer.alloc(200 * 2 ** 20)],
        ]),
      );
      expect(statSync(file).size).toBeLessThan(2 ** 20);
      const there = make();
      const message = await refusalOf(there, file, { freeBytes: () => 10 * 2 ** 20 });
      expect(message).toMatch(/unpacks to more than the 20 MiB that are free .*Nothing was changed\.$/);
      expect(readdirSync(there.directory)).toEqual([]);
    }),
    PATIENCE_MS,
  );

  it(
    'refuses an archive with a header that is itself huge, or with more names than fit into memory',
    withInstallations(async ({ make, directory }) => {
      const there = make();
      const header: [string, string] = ['backup.json', '{"telegate_backup":1,"version":"1.0.0"}'];
      const long = (part: number) => `sessions/${part}/${'x'.repeat(2 ** 20)}.session`;
      const names = Array.from({ length: 130 }, (_, part): [string, string] => [long(part), '']);
      writeFileSync(`${directory}/names`, await craft([header, ...names]));
      expect(statSync(`${directory}/names`).size).toBeLessThan(2 ** 20);
      expect(await refusalOf(there, `${directory}/names`)).toContain('more parts than a manifest can name');
      writeFileSync(`${directory}/header`, await craft([header, ['x'.repeat(8 * 2 ** 20), '']]));
      expect(await refusalOf(there, `${directory}/header`)).toContain('Header exceeds max size');
      expect(readdirSync(there.directory)).toEqual([]);
    }),
    PATIENCE_MS,
  );
});

/** What restoring an archive is refused with, in this process: a new one for each takes long. */
async function refusalOf(
  { settings }: Installation,
  file: string,
  more: Partial<RestoreOptions> = {},
): Promise<string> {
  const restoring = restoreBackup({
    ...{ config: loadConfig(settings), file, force: false, holdSeconds: null, passphrase: async () => '' },
    ...{ signal: new AbortController().signal, onProgress: () => undefined, ...more },
  });
  return restoring.then(
    () => 'restored',
    (error: unknown) => (error instanceof OperationRefused ? error.message : String(error)),
  );
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[Math.floor(copy.length / 2)] = (copy[Math.floor(copy.length / 2)] ?? 0) ^ 0x10;
  return copy;
}

/** Replaces a part, with its size and checksum in the manifest. */
function replaced(part: string, content: Buffer) {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return (name: string, bytes: Buffer): Buffer => {
    if (name === part) return content;
    if (name !== 'manifest.json') return bytes;
    const manifest = JSON.parse(bytes.toString()) as { parts: { name: string }[] };
    const parts = manifest.parts.map((one) =>
      one.name === part ? { ...one, size: content.length, sha256 } : one,
    );
    return Buffer.from(JSON.stringify({ ...manifest, parts }));
  };
}

/** The archive with a symbolic link before its end. */
async function withLink(archive: Buffer): Promise<Buffer> {
  return edited(archive, (name, bytes) =>
    name === 'sessions/s1.session' ? { name, bytes: Buffer.alloc(0), linkname: '/etc/passwd' } : bytes,
  );
}

/** Renames a part, also in the manifest. */
function renamed(from: string, to: string) {
  return (name: string, bytes: Buffer): Buffer | { readonly name: string; readonly bytes: Buffer } => {
    if (name === from) return { name: to, bytes };
    return name === 'manifest.json' ? Buffer.from(bytes.toString().replace(from, to)) : bytes;
  };
}
