import { OwnServer } from './storage/own_server.js';
import { onServer } from './storage/server.js';

/** Where a server is looked for, the first that answers being used. */
const USUAL = [
  'postgres://postgres@127.0.0.1:5432/postgres',
  'postgres://postgres@%2Fvar%2Frun%2Fpostgresql/postgres',
];

let own: OwnServer | null = null;

/** Before all tests: finds a PostgreSQL server for them, or starts one; where neither can be, its tests are skipped. */
export default async function setup(): Promise<void> {
  const { env } = process;
  if (env.TEST_DATABASE_URL || /^postgres/.test(env.DATABASE_URL ?? '')) return;
  for (const url of USUAL) {
    if (!(await answers(url))) continue;
    env.TEST_DATABASE_URL = url;
    return;
  }
  own = await OwnServer.make({ settings: { max_connections: '300' } }).catch(() => null);
  if (own) env.TEST_DATABASE_URL = own.url();
}

/** Ends the server that `setup` started. */
export async function endServer(): Promise<void> {
  await own?.destroy();
}

function answers(url: string): Promise<boolean> {
  return onServer('SELECT 1', url).then(
    () => true,
    () => false,
  );
}
