import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import pg from 'pg';
import { keysIn, parseEncryptionKey, readKeyFile } from '../../src/access/encryption_key.js';
import { keyIdOfToken, Vault } from '../../src/access/vault.js';
import { until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { isUnused, onServer } from '../storage/server.js';
import { type Installation, type Installations, withInstallations } from './installation.js';

const describe = await describeWithServer();

/** Each test starts a dozen processes, in milliseconds. */
const PATIENCE_MS = 240_000;

describe('telegate rotate-key on PostgreSQL', () => {
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
      await until(() => isUnused(url));
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
