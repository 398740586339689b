import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { type Service, some, withService } from '../service/service.js';
import { contentsOf } from '../storage/databases.js';
import { withPrograms } from './program.js';

const OTHER_KEY = Buffer.alloc(32, 9).toString('base64');
const PROXY = 'socks5://user:secret-pass@127.0.0.1:1080';

/** What a service left behind, and how it is restarted. */
interface Ground {
  readonly service: Service;
  readonly database: string;
  readonly keyFile: string;
  start(settings?: Readonly<Record<string, string>>): Promise<void>;
}

/** Runs the test with a service that made its own key, holds a session with a proxy, and is stopped. */
function left(test: (ground: Ground) => Promise<void>, before: Readonly<Record<string, string>> = {}) {
  const settings: Record<string, string> = { ENCRYPTION_KEYS: '', DEFAULT_PROXY: PROXY, ...before };
  return withService(
    async (service) => {
      await service.stop();
      await test({
        service,
        database: join(service.dataDir, 'telegate.db'),
        keyFile: join(service.dataDir, 'encryption.key'),
        start: (changed = {}) => {
          Object.assign(settings, { DEFAULT_PROXY: '' }, changed);
          return service.start();
        },
      });
    },
    { settings, files: some(2), database: 'sqlite' },
  );
}

/** A refused start changes nothing but the lock file. */
async function refused(ground: Ground, ...said: string[]): Promise<void> {
  const before = contentsOf(ground.service.dataDir);
  const refusal = await ground.start().then(
    () => 'started',
    (error: Error) => `${error.name}: ${error.message}`,
  );
  for (const text of [...said, 'BEGIN_ANEW=on', 'backup']) expect(refusal).toContain(text);
  const kept = (contents: string[]) => contents.map((line) => line.split(' ')[0]);
  expect(kept(contentsOf(ground.service.dataDir))).toEqual(kept(before));
}

describe('a start with stored secrets', () => {
  it(
    'is refused without the key that encrypted them, and succeeds once it is back',
    left(async (ground) => {
      const key = readFileSync(ground.keyFile);
      rmSync(ground.keyFile);
      await refused(ground, 'EncryptionKeysDiffer', `${ground.keyFile} is gone`, ground.database);
      writeFileSync(ground.keyFile, key);
      await ground.start();
      expect(await ground.service.lease()).toMatchObject({ proxy: { pass: 'secret-pass' } });
    }),
  );

  it(
    'is refused with another key, in the file or in the settings',
    left(async (ground) => {
      const key = readFileSync(ground.keyFile, 'utf8').trim();
      writeFileSync(ground.keyFile, `${OTHER_KEY}\n`);
      await refused(
        ground,
        'EncryptionKeysDiffer',
        `The key in ${ground.keyFile} does not decrypt`,
        ground.database,
      );
      await expect(ground.start({ ENCRYPTION_KEYS: OTHER_KEY })).rejects.toThrow(
        'The ENCRYPTION_KEYS do not decrypt',
      );
      await ground.start({ ENCRYPTION_KEYS: `${OTHER_KEY},${key}` });
      expect(await ground.service.lease()).toMatchObject({ proxy: { pass: 'secret-pass' } });
      await ground.service.stop();
      await ground.start({ ENCRYPTION_KEYS: OTHER_KEY });
      await ground.service.stop();
      await expect(ground.start({ ENCRYPTION_KEYS: key })).rejects.toThrow(
        'The ENCRYPTION_KEYS do not decrypt',
      );
    }),
  );

  it(
    'is also refused if an older version did not record its key',
    left(async (ground) => {
      const sqlite = new Database(ground.database);
      sqlite.exec("DELETE FROM key_value WHERE name = 'vault.check'");
      sqlite.close();
      const key = readFileSync(ground.keyFile);
      rmSync(ground.keyFile);
      await refused(ground, `${ground.keyFile} is gone`);
      writeFileSync(ground.keyFile, OTHER_KEY);
      await refused(ground, `The key in ${ground.keyFile} does not decrypt`);
      writeFileSync(ground.keyFile, key);
      await ground.start();
    }),
  );

  it(
    'with BEGIN_ANEW creates a new key, and keeps everything, even what only the old one decrypts',
    left(async (ground) => {
      const oldKey = readFileSync(ground.keyFile, 'utf8').trim();
      rmSync(ground.keyFile);
      await ground.start({ BEGIN_ANEW: 'on' });
      const newKey = readFileSync(ground.keyFile, 'utf8').trim();
      expect((await ground.service.status()).total).toBe(2);
      await ground.service.stop();
      await ground.start({ BEGIN_ANEW: 'off' });
      await ground.service.stop();
      await ground.start({ ENCRYPTION_KEYS: `${newKey},${oldKey}` });
      expect(await ground.service.lease()).toMatchObject({ proxy: { pass: 'secret-pass' } });
    }),
  );
});

const LOSSES: readonly [string, (ground: Ground) => void, string][] = [
  ['gone', ({ database }) => rmSync(database), 'is gone'],
  ['an empty file', ({ database }) => truncateSync(database, 0), 'is empty'],
  ['without its tables', ({ database }) => emptied(database, 'DROP TABLE'), 'is empty'],
  ['without any row', ({ database }) => emptied(database, 'DELETE FROM'), 'is empty'],
];

function emptied(path: string, how: 'DROP TABLE' | 'DELETE FROM'): void {
  const sqlite = new Database(path);
  sqlite.pragma('foreign_keys = OFF');
  const tables = sqlite
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name <> ?")
    .pluck()
    .all(how === 'DROP TABLE' ? '' : '__drizzle_migrations');
  for (const table of tables) sqlite.exec(`${how} "${table}"`);
  sqlite.close();
}

describe('a database next to its encryption key', () => {
  it.each(LOSSES)(
    'that is %s prevents the start; with BEGIN_ANEW, what is left is moved aside',
    (_, lose, said) =>
      left(async (ground) => {
        lose(ground);
        await refused(
          ground,
          'DatabaseRefused',
          `${ground.database} ${said}`,
          ground.keyFile,
          'stop all workers',
        );
        const key = readFileSync(ground.keyFile);
        await ground.start({ BEGIN_ANEW: 'on' });
        expect(await ground.service.status()).toMatchObject({ total: 2, free: 2 });
        expect(readFileSync(ground.keyFile).equals(key)).toBe(true);
        await ground.service.stop();
        await ground.start({ BEGIN_ANEW: 'off' });
        expect((await ground.service.status()).total).toBe(2);
      })(),
  );

  it(
    'that is gone while its WAL still exists prevents the start, wherever the key is',
    left(
      async (ground) => {
        writeFileSync(`${ground.database}-wal`, 'what was not yet in the database');
        renameSync(ground.database, `${ground.database}.lost`);
        await refused(ground, `${ground.database}-wal exists`);
        await ground.start({ BEGIN_ANEW: 'on' });
        const aside = `${ground.database}.replaced-1-wal`;
        expect(readFileSync(aside, 'utf8')).toBe('what was not yet in the database');
      },
      { ENCRYPTION_KEYS: OTHER_KEY },
    ),
  );

  it(
    'that is damaged is moved aside unchanged, never over an earlier one',
    left(async (ground) => {
      for (const number of [1, 2]) {
        const damaged = Buffer.alloc(9000, `not a database, for the time ${number}. `);
        writeFileSync(ground.database, damaged);
        await expect(ground.start({ BEGIN_ANEW: 'off' })).rejects.toThrow('set BEGIN_ANEW=on');
        await ground.start({ BEGIN_ANEW: 'on' });
        await ground.service.stop();
        expect(readFileSync(`${ground.database}.replaced-${number}`).equals(damaged)).toBe(true);
      }
    }),
  );

  it(
    'that is intact is kept by a start with BEGIN_ANEW, which warns about the setting',
    left(async (ground) => {
      await ground.start({ BEGIN_ANEW: 'on' });
      expect(readdirSync(ground.service.dataDir).filter((name) => name.includes('replaced'))).toEqual([]);
      expect(await ground.service.lease()).toMatchObject({ proxy: { pass: 'secret-pass' } });
      expect(ground.service.log.join('\n')).toContain('BEGIN_ANEW is on: set it back to off');
    }),
  );

  it(
    'that is empty is not a loss if the first start was interrupted before the key was recorded',
    left(async (ground) => {
      emptied(ground.database, 'DELETE FROM');
      const sqlite = new Database(ground.database);
      sqlite.exec("INSERT INTO key_value VALUES ('vault.check', 'none')");
      sqlite.close();
      await ground.start();
      expect((await ground.service.status()).total).toBe(2);
    }),
  );
});

it(
  'a start that is refused for a lost key says so, and creates no other',
  withPrograms(async (start, directory) => {
    const settings = { API_KEYS: 'admin-key-of-tests', DATABASE_URL: '' };
    const first = start(settings);
    await first.ready();
    first.kill('SIGTERM');
    await first.ended();
    const keyFile = join(directory, 'data', 'encryption.key');
    rmSync(keyFile);
    const second = start(settings);
    expect(await second.ended()).toBe(1);
    expect(second.stderr).toContain(`${keyFile} is gone`);
    expect(second.stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(keyFile)).toBe(false);
  }),
);
