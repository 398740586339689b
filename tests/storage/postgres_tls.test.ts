import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { asLibpqReads, connectionConfig } from '../../src/storage/postgres/connect.js';
import { migrateDatabase } from '../../src/storage/postgres/migrating.js';
import { optionsFor, POSTGRES_MIGRATIONS } from './databases_postgres.js';
import { describeWithOwnServer } from './describe_with_own_server.js';
import { OwnServer } from './own_server.js';

const describe = describeWithOwnServer();
const run = promisify(execFile);

/** Whether a connection of this URL is encrypted. */
async function isEncrypted(url: string): Promise<boolean> {
  const client = new pg.Client(connectionConfig(optionsFor('postgres', { url })));
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return rows[0].ssl;
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe('a connection to a server with a self-signed certificate', () => {
  let server: OwnServer;
  /** A URL of the server; `host`: other than the one in its certificate. */
  const at = (query: string, host = 'localhost') => server.url('postgres', query).replace('localhost', host);

  beforeAll(async () => {
    server = await OwnServer.make({ tls: true });
  });

  afterAll(() => server.destroy());

  it.each([
    ['', false],
    ['?sslmode=disable', false],
    ['?sslmode=prefer', true],
    ['?sslmode=require', true],
    ['?application_name=x&sslmode=require', true],
  ])('with %s is encrypted: %s', async (query, encrypted) => {
    expect(await isEncrypted(at(query))).toBe(encrypted);
  });

  it('that verifies everything succeeds if the certificate is known and the host matches', async () => {
    const known = `sslrootcert=${server.certificate}`;
    expect(await isEncrypted(at(`?sslmode=verify-full&${known}`))).toBe(true);
    expect(await isEncrypted(at(`?${known}&sslmode=verify-ca`, '127.0.0.1'))).toBe(true);
    expect(await isEncrypted(at(`?sslmode=require&${known}`, '127.0.0.1'))).toBe(true);
  });

  it.each([
    ['verify-full', 'localhost', ''],
    ['verify-full', 'localhost', '&sslrootcert=system'],
  ])('by %s is refused if the certificate is not trusted (%s%s)', async (mode, host, more) => {
    const refused = isEncrypted(at(`?sslmode=${mode}${more}`, host));
    await expect(refused).rejects.toThrow('self-signed certificate');
  });

  it('by verify-full is refused if the certificate is for another host', async () => {
    const url = at(`?sslmode=verify-full&sslrootcert=${server.certificate}`, '127.0.0.1');
    await expect(isEncrypted(url)).rejects.toThrow("does not match certificate's altnames");
  });

  it('is refused when the service starts, with the reason', async () => {
    const options = optionsFor('postgres', { url: at('?sslmode=verify-full') });
    await expect(migrateDatabase(options, POSTGRES_MIGRATIONS)).rejects.toMatchObject({
      name: 'DatabaseRefused',
      message: expect.stringContaining('self-signed certificate'),
    });
  });
});

describe("a URL's TLS", () => {
  it.each(['disable', 'prefer', 'require', 'verify-full'])(
    'such as sslmode=%s is read without a warning on stderr',
    async (mode) => {
      const url = asLibpqReads(`postgres://me:hidden@host/db?sslmode=${mode}`);
      const program = `new (require('pg').Client)(${JSON.stringify(url)})`;
      const { stderr } = await run(process.execPath, ['-e', program]);
      expect(stderr).toBe('');
    },
  );

  it.each([
    ['sslmode=allow', 'an sslmode other than disable, prefer, require, verify-ca, verify-full'],
    ['sslmode=no-verify', 'an sslmode other than'],
    ['sslmode=verify-ca', 'no sslrootcert'],
    ['sslmode=verify-full&sslrootcert=/not/there.pem', '/not/there.pem, the sslrootcert of DATABASE_URL'],
  ])('such as %s is refused, without the password', (query, message) => {
    const read = () => asLibpqReads(`postgres://me:hidden@host/db?${query}`);
    expect(read).toThrow(message);
    expect(read).not.toThrow('hidden');
  });

  it('leaves the rest of the URL unchanged', () => {
    const url = 'postgres://m%40e:p%3Aw@host/db?options=-c%20a%3Db';
    expect(asLibpqReads(url)).toBe(`${url}&uselibpqcompat=true`);
    expect(asLibpqReads('postgres://host/db')).toBe('postgres://host/db?uselibpqcompat=true');
  });
});
