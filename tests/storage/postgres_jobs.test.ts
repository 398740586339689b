import { expect, it } from '@jest/globals';
import { runOnSchedule } from '../../src/jobs/scheduler.js';
import { createLogger } from '../../src/kernel/logging.js';
import { Lines } from '../logged.js';
import { until } from '../service/manual_time.js';
import { describeWithServer, dropDatabase } from './databases_postgres.js';
import { type Replica, withJobs } from './replicas_of_jobs.js';
import { onServer } from './server.js';

const describe = await describeWithServer();

const at = (minute: number) => new Date(Date.UTC(2025, 2, 1, 12, minute));

/** The answer to each replica that asks for the job. */
function asked(replicas: readonly Replica[], minute: number) {
  return Promise.all(replicas.map(({ jobs }) => jobs.takeJob('sync', at(minute))));
}

describe('a job that is due', () => {
  it('runs on one of the replicas, each time', () =>
    withJobs(4, async (replicas) => {
      for (let minute = 0; minute < 8; minute += 1) {
        const taken = (await asked(replicas, minute)).filter((done) => done !== null);
        expect(taken).toHaveLength(1);
        await taken[0]?.();
        expect(await asked(replicas, minute)).toEqual([null, null, null, null]);
      }
    }));

  it('does not run while the previous one is still running, nor twice for a slow clock', () =>
    withJobs(2, async ([one, other]) => {
      const done = await one?.jobs.takeJob('sync', at(1));
      expect(done).not.toBeNull();
      expect(await other?.jobs.takeJob('sync', at(2))).toBeNull();
      expect(await one?.jobs.takeJob('sync', at(2))).toBeNull();
      await done?.();
      expect(await other?.jobs.takeJob('sync', at(1))).toBeNull();
      const next = await other?.jobs.takeJob('sync', at(3));
      expect(next).not.toBeNull();
      await next?.();
    }));

  it('of another name runs independently', () =>
    withJobs(2, async ([one, other]) => {
      const done = [await one?.jobs.takeJob('sync', at(1)), await other?.jobs.takeJob('health', at(1))];
      expect(done).not.toContain(null);
      for (const end of done) await end?.();
    }));

  it('runs on another replica when the one that ran it is gone', () =>
    withJobs(2, async ([one, other], name) => {
      expect(await one?.jobs.takeJob('sync', at(1))).not.toBeNull();
      await onServer(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}' AND query LIKE '%advisory%'`,
      );
      let done: (() => Promise<void>) | null | undefined = null;
      let minute = 1;
      await until(async () => {
        minute += 1;
        done = await other?.jobs.takeJob('sync', at(minute));
        return done !== null;
      });
      await (done as (() => Promise<void>) | null)?.();
    }));

  it('does not run while the database is unavailable', () =>
    withJobs(1, async ([one], name) => {
      await dropDatabase(name);
      await expect(one?.jobs.takeJob('sync', at(1))).rejects.toThrow();
    }));
});

describe('a schedule for all replicas', () => {
  // Real time: node-cron decides when a job is due.
  it('runs its job once each time, on one of them, and continues after a failure', () =>
    withJobs(3, async (replicas) => {
      const lines = new Lines();
      const logger = createLogger({ level: 'error', stream: lines });
      const begun: number[] = [];
      const task = async () => {
        begun.push(Math.floor(Date.now() / 1000));
        if (begun.length === 1) throw new Error('the disk is full');
      };
      const stops = replicas.map(({ jobs }) =>
        runOnSchedule('* * * * * *', 'sync', { cluster: jobs, logger }, task),
      );
      await until(() => begun.length >= 3);
      for (const stop of stops) stop();
      expect(new Set(begun).size).toBe(begun.length);
      expect(lines.entries).toMatchObject([{ message: 'job failed', job: 'sync' }]);
    }));
});
