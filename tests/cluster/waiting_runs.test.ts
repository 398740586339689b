import { expect, it } from '@jest/globals';
import pg from 'pg';
import { withTelegram } from '../logins/over_sandbox.js';
import { hold, inQueue, release } from '../pool/holding.js';
import { lastRun, makeSource, runOnce } from '../scraping/scraped.js';
import { logInSome, smallWorld } from '../scraping/small_world.js';
import { makeServiceDatabase } from '../service/service_database.js';
import { describeWithServer } from '../storage/databases_postgres.js';

const describe = await describeWithServer();

/** A transaction beside the service's, which holds locks until it is released. */
async function holding(url: string, ...statements: string[]): Promise<{ letGo(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  for (const statement of statements) await client.query(statement);
  return { letGo: () => client.end() };
}

/** A worker's request for the same sessions as the run's. */
const SAME = 'wait=30&method=messages.getHistory&credentials=string';

describe('a run that finds no session free', () => {
  it('keeps its place in the queue while it is written down that it waits', async () => {
    const shared = await makeServiceDatabase('postgres');
    const url = shared.settings.DATABASE_URL ?? '';
    const test = withTelegram(
      async ({ service, sandbox }) => {
        await logInSome({ service, sandbox }, 1);
        const { session_id } = await service.lease('ttl=600');
        const begin = await holding(url, 'LOCK TABLE checkpoints IN ACCESS EXCLUSIVE MODE');
        const id = await makeSource(service, 'small1', { file_types: [] });
        const { id: run } = await runOnce(service, id, ({ state }) => state === 'running');
        const write = await holding(url, `SELECT 1 FROM runs WHERE id = ${run} FOR UPDATE`);
        await begin.letGo();
        await inQueue(service, 1);
        const worker = hold(service, SAME, 'worker', []);
        await inQueue(service, 2);
        await release(service, session_id);
        await inQueue(service, 1);
        await write.letGo();
        expect(await lastRun(service, id)).toMatchObject({ state: 'completed' });
        expect((await worker).status).toBe(200);
      },
      { seed: smallWorld, shared },
    );
    await test().finally(() => shared.drop());
  }, 60_000);
});
