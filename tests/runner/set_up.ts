import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endSharedPrefect } from '../prefect/shared_server.js';
import { OwnServer } from '../storage/own_server.js';
import { databasePrefix, onServer } from '../storage/server.js';

/** Where to look for a server; the first that answers is used. */
const USUAL = [
  'postgres://postgres@127.0.0.1:5432/postgres',
  'postgres://postgres@%2Fvar%2Frun%2Fpostgresql/postgres',
];

/** Where Node looks for `@jest/globals` when compiled tests import it. */
const GLOBALS = new URL('../../node_modules/@jest/globals/', import.meta.url);

let own: OwnServer | null = null;

/**
 * Before all tests: finds or starts a PostgreSQL server; without one, its tests are skipped. A Prefect server is started
 * by the first suite that needs it.
 */
export default async function setUp(): Promise<void> {
  provideGlobals();
  const { env } = process;
  env.TEST_RUN = `${process.pid}`;
  env.TEST_PREFECT_DIRECTORY = mkdtempSync(join(tmpdir(), 'prefect-shared-'));
  if (env.TEST_DATABASE_URL || /^postgres/.test(env.DATABASE_URL ?? '')) return;
  for (const url of USUAL) {
    if (!(await answers(url))) continue;
    env.TEST_DATABASE_URL = url;
    return;
  }
  own = await OwnServer.make({ settings: { max_connections: '300' } }).catch(() => null);
  if (own) env.TEST_DATABASE_URL = own.url();
}

/** Drops what tests left on the servers, and ends those that were started. */
export async function endServers(): Promise<void> {
  endSharedPrefect();
  if (own) return own.destroy();
  const { env } = process;
  const server = env.TEST_DATABASE_URL || env.DATABASE_URL;
  const left = `SELECT datname FROM pg_database WHERE datname LIKE '${databasePrefix()}\\_%'`;
  for (const { datname } of await onServer(left, server).catch(() => []))
    await onServer(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`, server);
}

/** Jest's package works only in modules that Jest loads; here Node loads them, see `run_file`. */
function provideGlobals(): void {
  mkdirSync(GLOBALS, { recursive: true });
  writeFileSync(new URL('package.json', GLOBALS), '{ "type": "module", "exports": "./index.js" }\n');
  const functions = fileURLToPath(new URL('jest_functions.js', import.meta.url));
  writeFileSync(new URL('index.js', GLOBALS), `export * from ${JSON.stringify(functions)};\n`);
}

function answers(url: string): Promise<boolean> {
  return onServer('SELECT 1', url).then(
    () => true,
    () => false,
  );
}
