import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { sandboxNetwork } from '../../sandbox/network.js';
import { filesBelow } from '../../sandbox/s3/objects.js';
import { POLL_MS } from '../../src/scraping/engines/embedded.js';
import type { Client } from '../journeys/client.js';
import { sendCode } from '../journeys/journey.js';
import { KillableService } from '../journeys/killable_service.js';
import { APPLICATION, codeOf } from '../logins/over_sandbox.js';
import { testSandbox } from '../sandbox/gramjs.js';
import { hashOf, idsOf, lastRun, linesOf, type ToldRun } from '../scraping/scraped.js';
import { HastenedTimers } from '../service/hastened_timers.js';
import { Service } from '../service/service.js';
import { makeServiceDatabase } from '../service/service_database.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { onServer } from '../storage/server.js';
import { NO_FILES } from './services.js';

const describe = await describeWithServer();

const PHONES = ['+9996610001', '+9996610002'];
const timers = new HastenedTimers();
const ENCRYPTION_KEYS = Buffer.alloc(32, 7).toString('base64');

/** Runs the test with two replicas of one database and one DATA_DIR, neither started: one that can be killed. */
function withVictim(
  test: (victim: KillableService, other: Service, expire: () => Promise<unknown>) => Promise<void>,
  ofOther: Readonly<Record<string, string>> = {},
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'victim-'));
    const telegram = await testSandbox();
    const shared = await makeServiceDatabase('postgres');
    const victim = new KillableService(telegram.sandbox, directory, { ...shared.settings, ENCRYPTION_KEYS });
    const settings = { ...APPLICATION, ...NO_FILES, ENCRYPTION_KEYS, DATA_DIR: victim.dataDir, ...ofOther };
    const other = new Service({ shared, timers, network: sandboxNetwork(telegram.sandbox), settings });
    // As if so long had passed that a dead replica is no owner of its runs any more.
    const expire = () => onServer('UPDATE runs SET owned_until = 0', shared.settings.DATABASE_URL);
    try {
      await test(victim, other, expire);
    } finally {
      await victim.kill();
      await other.remove();
      await shared.drop();
      await telegram.close();
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

async function newestRun(admin: Client, sourceId: number): Promise<ToldRun> {
  const [run] = (await admin.get<ToldRun[]>(`/sources/${sourceId}/runs`)).must(200);
  if (!run) throw new Error('the source has no run');
  return run;
}

/** Begins to scrape the channel; returns the source once part of it is stored. */
async function beginAt(victim: KillableService, admin: Client): Promise<number> {
  for (const phone_number of PHONES) {
    const temp_session_id = await sendCode(admin, { phone_number });
    const code = codeOf(victim.sandbox, phone_number);
    (await admin.post('/sessions/verify-otp', { temp_session_id, code })).must(200);
  }
  // So that it is killed long before the end.
  victim.sandbox.faults.add({ fault: 'slow', milliseconds: 200, method: 'messages.getHistory' });
  const wish = { name: 'News', channel_username: 'sandbox_news', target: 'LOCAL' };
  const { id } = (await admin.post<{ id: number }>('/sources/public', wish)).must(200);
  while ((await newestRun(admin, id)).files_done === 0) await delay(20);
  return id;
}

describe('a run whose replica is killed', () => {
  it(
    'is taken over by another one, which stores the rest: every message and every file exactly once',
    withVictim(async (victim, other, expire) => {
      const id = await beginAt(victim, await victim.start());
      await other.start();
      await victim.kill();
      victim.sandbox.faults.clear();
      await expire();
      timers.hasten(POLL_MS);
      const run = await lastRun(other, id);
      expect(run).toMatchObject({ state: 'completed', error: null });
      const { body: log } = await other.as('admin').get(`/runs/${run.id}/logs`).expect(200);
      const readers = log.filter(({ message }: { message: string }) => message.startsWith('reads with'));
      expect(new Set(readers.map(({ message }: { message: string }) => message)).size).toBe(2);
      const lines = linesOf(victim, id);
      expect(lines.map((line) => line.id)).toEqual(idsOf(victim.sandbox, 'Sandbox News'));
      expect(run.messages_stored).toBe(lines.length);
      const files = lines.flatMap(({ file }) => file ?? []);
      expect(run.files_done).toBe(files.length);
      for (const { path, sha256 } of files) expect(hashOf(victim, path ?? '')).toBe(sha256);
      const stored = await filesBelow(join(victim.dataDir, 'scraped', `source-${id}`, 'files'));
      expect(stored).toHaveLength(new Set(files.map(({ path }) => path)).size);
      expect(victim.sandbox.connections.overlaps()).toEqual([]);
    }),
    120_000,
  );

  it(
    'leaves no session leased once a service starts on its machine: it is dead for certain, and uses none any more',
    withVictim(
      async (victim, other) => {
        const admin = await victim.start();
        await beginAt(victim, admin);
        const { free } = (await admin.get<{ free: number }>('/status')).must(200);
        const { session_id } = (await admin.get<{ session_id: number }>('/session')).must(200);
        expect(free).toBe(PHONES.length - 1);
        await victim.kill();
        await other.start();
        expect(await other.status()).toMatchObject({ free: PHONES.length - 1, in_use: 1 });
        const { body: leases } = await other.as('admin').get('/leases').expect(200);
        expect(leases).toMatchObject([{ session_id }]);
      },
      { MAX_CONCURRENT_RUNS: '0' },
    ),
    120_000,
  );
});
