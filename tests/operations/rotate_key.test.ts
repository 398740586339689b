import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import pg from 'pg';
import {
  formatEncryptionKey,
  keysIn,
  parseEncryptionKey,
  readKeyFile,
} from '../../src/access/encryption_key.js';
import { keyIdOfToken, SESSION_API_HASH, Vault } from '../../src/access/vault.js';
import { loginSecretContext } from '../../src/logins/steps.js';
import { until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { onServer } from '../storage/server.js';
import { type Installation, type Installations, withInstallations } from './installation.js';

/** Each test starts a dozen processes, in milliseconds. */
const PATIENCE_MS = 240_000;

const describeServer = await describeWithServer();

/** How many secrets there are: enough for a kill to come in between. */
const SECRETS = 3000;

/** A stopped installation with many secrets and a pending login. */
async function withSecrets(installation: Installation): Promise<Uint8Array> {
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

describeServer('telegate rotate-key on PostgreSQL', () => {
  it(
    'encrypts everything with a new key while no replica runs',
    withInstallations(async ({ make, server }) => {
      const url = await server();
      const here = make({ DATABASE_URL: url });
      const running = await here.start();
      const key = parseEncryptionKey(readFileSync(here.path('data', 'encryption.key'), 'utf8'));
      const pass = await new Vault([key]).encrypt('pass', 'proxy.pass');
      await onServer(
        `INSERT INTO proxies (type, host, port, pass) VALUES ('socks5', 'h', 1, '${pass}')`,
        url,
      );
      expect(await here.refusal('rotate-key')).toContain('in use');
      running.program.kill('SIGTERM');
      await running.program.ended();
      expect(await here.json('rotate-key')).toMatchObject({ secrets: 1, unreadable: 0 });
      const file = await readKeyFile(here.path('data'));
      const [row] = await onServer('SELECT pass FROM proxies', url);
      const vault = new Vault([file?.current ?? key]);
      expect(await vault.decrypt(String(row?.pass), 'proxy.pass')).toBe('pass');
      await here.start();
    }),
    PATIENCE_MS,
  );

  it(
    'is refused as long as one replica runs',
    withInstallations(async ({ make, server }) => {
      const here = make({ DATABASE_URL: await server() });
      const [one, other] = [await here.start(), await here.start()];
      one.program.kill('SIGTERM');
      await one.program.ended();
      expect(await here.refusal('rotate-key')).toContain('in use');
      expect((await readKeyFile(here.path('data')))?.next).toBeNull();
      other.program.kill('SIGTERM');
      await other.program.ended();
      await here.json('rotate-key');
    }),
    PATIENCE_MS,
  );

  it(
    'killed in the middle loses no secret, and goes on',
    withInstallations(async ({ make, server }) => {
      const { here, url, pass } = await withProxies(make, server);
      const held = await heldAt(url, 2);
      const { process: rotating, ended } = here.begin('rotate-key');
      await held.reached();
      rotating.kill('SIGKILL');
      await ended;
      await held.goOn();
      await until(async () => (await onServer(SERVICES, url)).length === 0);
      const begun = await readKeyFile(here.path('data'));
      expect(begun?.next).not.toBeNull();
      const tokens = await tokensIn(url);
      expect(new Set(tokens.map(keyIdOfToken)).size).toBe(2);
      for (const token of tokens) expect(await pass(token)).toBe('pass');
      // A service starts and reads all of them.
      const { program } = await here.start();
      program.kill('SIGTERM');
      await program.ended();
      expect(await here.json('rotate-key')).toMatchObject({ secrets: 3, unreadable: 0 });
      expect((await readKeyFile(here.path('data')))?.next).toBeNull();
      for (const token of await tokensIn(url)) expect(await pass(token)).toBe('pass');
    }),
    PATIENCE_MS,
  );

  it(
    'keeps both keys where a service was started meanwhile; one without the new key does not start',
    withInstallations(async ({ make, server }) => {
      const { here, url, pass } = await withProxies(make, server);
      const old = readFileSync(here.path('data', 'encryption.key'), 'utf8').trim();
      const held = await heldAt(url, 2);
      const { ended } = here.begin('rotate-key');
      await held.reached();
      const without = make({ DATABASE_URL: url, ENCRYPTION_KEYS: old });
      await expect(without.start()).rejects.toThrow('encrypted with a key that this replica does not have');
      const { program } = await here.start();
      await held.goOn();
      expect(await ended).toMatchObject({
        ...{ exit: 1, stdout: '', stderr: expect.stringContaining('A service was started meanwhile') },
      });
      expect((await readKeyFile(here.path('data')))?.next).not.toBeNull();
      program.kill('SIGTERM');
      await program.ended();
      await here.json('rotate-key');
      for (const token of await tokensIn(url)) expect(await pass(token)).toBe('pass');
    }),
    PATIENCE_MS,
  );
});

const SERVICES =
  "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'telegate'";

const tokensIn = async (url: string) =>
  (await onServer('SELECT pass FROM proxies ORDER BY id', url)).map(({ pass }) => String(pass));

/** A stopped installation with three proxies, whose password `pass` decrypts with the keys that are there by then. */
async function withProxies(
  make: Installations['make'],
  server: Installations['server'],
): Promise<{
  readonly here: Installation;
  readonly url: string;
  readonly pass: (token: string) => Promise<string>;
}> {
  const url = await server();
  // Longer than the rotation is held up.
  const here = make({ DATABASE_URL: url, DATABASE_TIMEOUT_SECONDS: '60' });
  const { program } = await here.start();
  program.kill('SIGTERM');
  await program.ended();
  const key = parseEncryptionKey(readFileSync(here.path('data', 'encryption.key'), 'utf8'));
  for (const host of ['a', 'b', 'c']) {
    const token = await new Vault([key]).encrypt('pass', 'proxy.pass');
    await onServer(
      `INSERT INTO proxies (type, host, port, pass) VALUES ('socks5', '${host}', 1, '${token}')`,
      url,
    );
  }
  const pass = async (token: string) => {
    const file = await readKeyFile(here.path('data'));
    return new Vault(file === null ? [] : keysIn(file)).decrypt(token, 'proxy.pass');
  };
  return { here, url, pass };
}

/** Holds up whoever changes the proxy of this id; `goOn` lets them go. */
async function heldAt(url: string, id: number): Promise<{ reached(): Promise<void>; goOn(): Promise<void> }> {
  await onServer(
    `CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(4712); RETURN NEW; END $$`,
    url,
  );
  await onServer(
    `CREATE TRIGGER meddle BEFORE UPDATE ON proxies FOR EACH ROW WHEN (NEW.id = ${id}) EXECUTE FUNCTION meddle()`,
    url,
  );
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('SELECT pg_advisory_lock(4712)');
  const waiting = `SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE locktype = 'advisory' AND NOT granted AND objid = 4712 AND datname = current_database()`;
  return {
    // The others have been changed by then.
    reached: () =>
      until(
        async () =>
          (await onServer(waiting, url)).length > 0 &&
          new Set((await tokensIn(url)).map(keyIdOfToken)).size === 2,
      ),
    goOn: () => holder.end(),
  };
}
