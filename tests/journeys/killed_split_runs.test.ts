import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { codeOf } from '../logins/over_sandbox.js';
import {
  MANY,
  PAGE_BUDGET,
  PHONES,
  type SplitRun,
  splitWorld,
  storedBelow,
  storedByOne,
} from '../scraping/split_world.js';
import type { Client } from './client.js';
import { sendCode } from './journey.js';
import { type KillableService, withKillableService } from './killable_service.js';

/** How long the service lives before it is killed, in milliseconds, once several sessions read. */
const LIVES_MS = [300, 700, 100, 500];

async function logInAll(admin: Client, { sandbox }: KillableService): Promise<void> {
  for (const phone of PHONES) {
    const temp_session_id = await sendCode(admin, { phone_number: phone });
    (await admin.post('/sessions/verify-otp', { temp_session_id, code: codeOf(sandbox, phone) })).must(200);
  }
}

async function runOnce(
  admin: Client,
  sourceId: number,
  enough: (run: SplitRun) => boolean,
): Promise<SplitRun> {
  for (;;) {
    const [run] = (await admin.get<SplitRun[]>(`/sources/${sourceId}/runs`)).must(200);
    if (run && (enough(run) || run.state === 'completed' || run.state === 'failed')) return run;
    await delay(50);
  }
}

describe('a run with several sessions whose service is killed repeatedly', () => {
  it(
    'stores the same bytes as one session, and leaves nothing behind',
    withKillableService(
      async (service) => {
        // So slow that it still reads after the last kill, however long the service takes to start.
        service.sandbox.budgets.add({ ...PAGE_BUDGET, perSecond: 1 });
        let admin = await service.start();
        await logInAll(admin, service);
        const wish = { name: 'Many', channel_username: MANY, target: 'LOCAL' };
        const { id } = (await admin.post<{ id: number }>('/sources/public', wish)).must(200);
        for (const lives of LIVES_MS) {
          expect(await runOnce(admin, id, ({ sessions }) => sessions.length >= 4)).toMatchObject({
            state: 'running',
          });
          // Real time: what it is killed at is what it does meanwhile.
          await delay(lives);
          await service.kill();
          admin = await service.start();
        }
        service.sandbox.budgets.clear();
        expect(await runOnce(admin, id, () => false)).toMatchObject({ state: 'completed', error: null });
        expect(await storedBelow(join(service.dataDir, 'scraped'))).toEqual(await storedByOne());
        expect(service.sandbox.connections.overlaps()).toEqual([]);
      },
      { seed: splitWorld, settings: { MAX_SESSIONS_PER_RUN: '4' } },
    ),
    120_000,
  );
});
