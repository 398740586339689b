import { expect, it } from '@jest/globals';
import pg from 'pg';
import type { OwnedRun } from '../../src/runs/engine.js';
import { runHeartbeat } from '../../src/scraping/engines/run_heartbeat.js';
import { takeNew, UNTIL } from '../contracts/runs.js';
import { type Stores, T0 } from '../contracts/stores.js';
import { ManualTime, until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { withReplicas } from '../storage/postgres_two.js';
import { urlOf } from '../storage/server.js';

const describe = await describeWithServer();

/** Renews a run that was just claimed; `pass` lets this many seconds pass. */
async function renewNew(stores: Stores) {
  const run = { ...(await takeNew(stores)), ownedUntil: UNTIL } as OwnedRun;
  const time = new ManualTime(0, T0);
  const end = new AbortController();
  const clock = { now: () => time.monotonic() };
  const stop = runHeartbeat(run, end, { runs: stores.runs, clock, timers: time });
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 1) await time.advance(1);
  };
  return { run, end, stop, pass };
}

describe('a run with a heartbeat', () => {
  it('is lost before another may have it, though the database answers nothing for as long', () =>
    withReplicas(async ({ one, name }) => {
      const kept = await renewNew(one);
      const busy = new pg.Client({ connectionString: urlOf(name) });
      await busy.connect();
      try {
        await busy.query('BEGIN; SELECT id FROM runs FOR UPDATE');
        await kept.pass((UNTIL - T0) / 1000 - 3);
        expect(kept.end.signal.aborted).toBe(false);
        await kept.pass(2);
        expect(kept.end.signal.reason).toMatchObject({ name: 'RunLost' });
      } finally {
        await busy.end();
        kept.stop();
      }
    }));

  it('is aborted when somebody cancels it', () =>
    withReplicas(async ({ one, other }) => {
      const { run, end, stop, pass } = await renewNew(one);
      await other.runs.cancel(run.id, T0);
      await pass(2);
      await until(() => end.signal.aborted);
      expect(end.signal.reason).toMatchObject({ name: 'RunCancelled' });
      stop();
    }));
});
