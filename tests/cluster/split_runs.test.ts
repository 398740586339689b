import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { sandboxNetwork } from '../../sandbox/network.js';
import { APPLICATION, type World } from '../logins/over_sandbox.js';
import { hold, inQueue } from '../pool/holding.js';
import { sandboxIn } from '../sandbox/sandbox_in.js';
import { lastRun, logOf, makeSource } from '../scraping/scraped.js';
import {
  logInAll,
  MANY,
  PAGE_BUDGET,
  PHONES,
  splitRunOnce,
  splitWorld,
  storedBy,
  storedByOne,
} from '../scraping/split_world.js';
import { until } from '../service/manual_time.js';
import type { Service } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { withReplicas } from './services.js';

const describe = await describeWithServer();

/** Runs the test with a replica that executes runs, with up to three sessions each, and one that executes none. */
function withTwo(
  test: (reading: Pick<World, 'service' | 'sandbox'>, other: Service) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'telegram-'));
    const sandbox = await sandboxIn(directory, splitWorld);
    sandbox.budgets.add(PAGE_BUDGET);
    const run = withReplicas(
      2,
      ([reading, other]) => {
        if (!reading || !other) throw new Error('a replica is missing');
        return test({ service: reading, sandbox }, other);
      },
      {
        network: sandboxNetwork(sandbox),
        settings: { ...APPLICATION, MAX_SESSIONS_PER_RUN: '3' },
        settingsOf: (index) => ({ MAX_CONCURRENT_RUNS: index === 0 ? '1' : '0' }),
      },
    );
    await run().finally(async () => {
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    });
  };
}

const readsTogether = (run: { sessions: readonly string[] }) => run.sessions.length === 3;

describe('a run with several sessions, at one of two replicas', () => {
  it(
    'gives one to a worker that waits at the other, takes it again, and stores the same bytes',
    withTwo(async (world, other) => {
      const { service, sandbox } = world;
      await logInAll(world, PHONES.slice(0, 3));
      const id = await makeSource(service, MANY);
      await splitRunOnce(world, id, readsTogether);
      const { session_name, session_id } = await other.lease('wait=30');
      const run = await splitRunOnce(world, id, ({ sessions }) => sessions.length === 2);
      expect(run.sessions).not.toContain(session_name);
      await other.as('worker').post('/release').send({ session_id }).expect(200);
      await splitRunOnce(world, id, readsTogether);
      expect(await lastRun(service, id)).toMatchObject({ state: 'completed', error: null });
      expect(await storedBy(world)).toEqual(await storedByOne());
      await until(async () => (await other.status()).free === 3);
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
    60_000,
  );

  it(
    'keeps them while a worker waits at the other for a tag that none has',
    withTwo(async (world, other) => {
      const { service } = world;
      await logInAll(world, PHONES.slice(0, 3));
      const waiting = hold(other, 'wait=60&tag=none', 'waiting', []);
      await inQueue(service, 1);
      const id = await makeSource(service, MANY);
      await splitRunOnce(world, id, readsTogether);
      expect(await lastRun(service, id)).toMatchObject({ state: 'completed' });
      await inQueue(service, 1);
      const log = (await logOf(service, id)).map(({ message }) => message);
      expect(log.filter((message) => message.includes('others wait'))).toEqual([]);
      other.container.pool.close();
      expect((await waiting).status).toBe(503);
    }),
    60_000,
  );
});
