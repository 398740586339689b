import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import {
  formatEncryptionKey,
  keysIn,
  parseEncryptionKey,
  readKeyFile,
} from '../../src/access/encryption_key.js';
import { SESSION_API_HASH, Vault } from '../../src/access/vault.js';
import { loginSecretContext } from '../../src/logins/steps.js';
import { until } from '../service/manual_time.js';
import { Installation, withInstallations } from './installation.js';

/** Each test starts a dozen processes, in milliseconds. */
const PATIENCE_MS = 240_000;

/** How many secrets there are: enough for a kill to come in between. */
const SECRETS = 3000;

const directory = mkdtempSync(join(tmpdir(), 'secrets-'));
let populated: Promise<Uint8Array> | null = null;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A stopped installation with many secrets and a pending login: a copy of one that is made once. */
async function withSecrets(installation: Installation): Promise<Uint8Array> {
  const original = new Installation(directory);
  populated ??= populate(original);
  const key = await populated;
  cpSync(original.directory, installation.directory, { recursive: true });
  return key;
}

async function populate(installation: Installation): Promise<Uint8Array> {
  const { program } = await installation.start();
  program.kill('SIGTERM');
  await program.ended();
  const key = parseEncryptionKey(readFileSync(installation.path('data', 'encryption.key'), 'utf8'));
  const vault = new Vault([key]);
  const [hash, login] = [
    await vault.encrypt('hash', SESSION_API_HASH),
    await vault.encrypt('login', loginSecretContext('l')),
  ];
  const sqlite = new Database(installation.path('data', 'telegate.db'));
  const insert = sqlite.prepare(
    `INSERT INTO sessions (name, folded_name, fingerprint, format, api_hash, tags, base_state, state, last_used_at,
       created_at, updated_at) VALUES (?, ?, '', 'telethon', ?, '[]', 'free', 'free', 1, 1, 1)`,
  );
  sqlite.transaction(() => {
    for (let n = 0; n < SECRETS; n += 1) insert.run(`s${n}`, `s${n}`, hash);
    sqlite
      .prepare(
        `INSERT INTO pending_logins (id, holder, kind, stage, save_at_once, secret, in_doubt, expires_at, created_at)
         VALUES ('l', 'key:1', 'code', 'code', 1, ?, 0, 9999999999999, 1)`,
      )
      .run(login);
  })();
  sqlite.close();
  return key;
}

/** How many secrets this vault decrypts. */
async function readable(installation: Installation, vault: Vault): Promise<number> {
  const sqlite = new Database(installation.path('data', 'telegate.db'), { readonly: true });
  const hashes = sqlite.prepare<[], string>('SELECT api_hash FROM sessions').pluck().all();
  const [login = ''] = sqlite.prepare<[], string>('SELECT secret FROM pending_logins').pluck().all();
  sqlite.close();
  const contexts = hashes.map((token) => [token, SESSION_API_HASH] as const);
  const texts = await Promise.all(
    [...contexts, [login, loginSecretContext('l')] as const].map(([token, context]) =>
      vault.decrypt(token, context).catch(() => null),
    ),
  );
  return texts.filter((text) => text !== null).length;
}

describe('telegate rotate-key', () => {
  it(
    'encrypts everything with a new key, and refuses while a service runs',
    withInstallations(async ({ make }) => {
      const here = make();
      const old = await withSecrets(here);
      const running = await here.start();
      expect(await here.refusal('rotate-key')).toContain('in use');
      running.program.kill('SIGTERM');
      await running.program.ended();
      const rotated = await here.json<{ old_key_file: string }>('rotate-key');
      expect(rotated).toMatchObject({ secrets: SECRETS + 1, unreadable: 0 });
      const file = await readKeyFile(here.path('data'));
      expect(file?.next).toBeNull();
      const fresh = file?.current ?? new Uint8Array();
      expect(fresh).not.toEqual(old);
      expect(await readable(here, new Vault([fresh]))).toBe(SECRETS + 1);
      expect(await readable(here, new Vault([old]))).toBe(0);
      expect(parseEncryptionKey(readFileSync(rotated.old_key_file, 'utf8'))).toEqual(old);
      await here.start();
    }),
    PATIENCE_MS,
  );

  it(
    'killed at any moment leaves an installation that starts and reads every secret, and goes on',
    withInstallations(async ({ make }) => {
      const here = make();
      const old = await withSecrets(here);
      const keyFile = here.path('data', 'encryption.key');
      for (const afterMs of [0, 20, 60, 120, 250, 500]) {
        const before = readFileSync(keyFile, 'utf8');
        const { process: rotating, ended } = here.begin('rotate-key');
        await until(() => readFileSync(keyFile, 'utf8').startsWith('#') || rotating.exitCode !== null);
        await delay(afterMs);
        rotating.kill('SIGKILL');
        await ended;
        const file = await readKeyFile(here.path('data'));
        if (file === null) throw new Error('the key file is gone');
        expect(await readable(here, new Vault(keysIn(file)))).toBe(SECRETS + 1);
        const doctor = await here.json<{ findings: { check: string; level: string }[] }>(
          'doctor',
          '--offline',
        );
        expect(doctor.findings).toContainEqual(
          expect.objectContaining({ check: 'encryption keys', level: 'ok' }),
        );
        // Once a rotation has begun, all of them go on with its key.
        if (before.startsWith('#') && file.next !== null) expect(readFileSync(keyFile, 'utf8')).toBe(before);
      }
      const again = await here.start();
      again.program.kill('SIGTERM');
      await again.program.ended();
      await here.json('rotate-key');
      const file = await readKeyFile(here.path('data'));
      expect(file?.next).toBeNull();
      expect(await readable(here, new Vault([file?.current ?? old]))).toBe(SECRETS + 1);
      expect(readdirSync(here.path('data')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    }),
    PATIENCE_MS,
  );

  it(
    'ends on Ctrl-C where it is, with 130, and says what to do',
    withInstallations(async ({ make }) => {
      const here = make();
      await withSecrets(here);
      const { process: rotating, ended } = here.begin('rotate-key');
      const keyFile = here.path('data', 'encryption.key');
      await until(() => readFileSync(keyFile, 'utf8').startsWith('#') || rotating.exitCode !== null);
      rotating.kill('SIGINT');
      expect(await ended).toMatchObject({
        ...{
          exit: 130,
          stdout: '',
          stderr: expect.stringMatching(/^Interrupted\. .*run it again to finish\.\n$/m),
        },
      });
      expect(await here.json('rotate-key')).toMatchObject({ secrets: SECRETS + 1, unreadable: 0 });
    }),
    PATIENCE_MS,
  );

  it(
    'with ENCRYPTION_KEYS takes the first key, and says how to give it one',
    withInstallations(async ({ make }) => {
      const here = make();
      const old = await withSecrets(here);
      const fresh = new Uint8Array(32).fill(7);
      here.settings.ENCRYPTION_KEYS = formatEncryptionKey(old);
      expect(await here.refusal('rotate-key')).toContain('ENCRYPTION_KEYS=NEW,OLD');
      here.settings.ENCRYPTION_KEYS = `${formatEncryptionKey(fresh)},${formatEncryptionKey(old)}`;
      expect(await here.json('rotate-key')).toMatchObject({ secrets: SECRETS + 1, old_key_file: null });
      expect(await readable(here, new Vault([fresh]))).toBe(SECRETS + 1);
      here.settings.ENCRYPTION_KEYS = formatEncryptionKey(new Uint8Array(32).fill(9));
      here.settings.ENCRYPTION_KEYS += `,${formatEncryptionKey(new Uint8Array(32).fill(8))}`;
      expect(await here.refusal('rotate-key')).toContain('not those of the database');
      writeFileSync(here.path('nothing'), '');
      const empty = make();
      expect(await empty.refusal('rotate-key')).toContain('telegate doctor');
      expect(existsSync(empty.path('data'))).toBe(false);
    }),
    PATIENCE_MS,
  );
});
