import { describe, expect, it } from '@jest/globals';
import { SessionsDirectoryUnreadable } from '../../src/intake/errors.js';
import { answerSyncRequests, RemoteSync } from '../../src/intake/remote_sync.js';
import type { SyncOptions, SyncReport } from '../../src/intake/sync_run.js';
import { Conflict, Failed, Unavailable } from '../../src/kernel/errors.js';
import { createLogger } from '../../src/kernel/logging.js';
import { ToldInProcess } from '../cluster/told_in_process.js';
import { Lines } from '../logged.js';
import { ManualTime } from '../service/manual_time.js';

const REPORT: SyncReport = {
  ...{ added: 1, removed: 2, updated: 3, missing: 4, total: 5 },
  ...{ rejected: [{ file: 'a.session', reason: 'a directory' }], rejectedTotal: 1, unsettled: ['b'] },
};

/** One replica that asks, and others that have the directory. */
class World {
  readonly told = new ToldInProcess();
  readonly time = new ManualTime();
  readonly asker: RemoteSync;
  /** The requests to the replicas that have the directory, by id. */
  readonly asked: [string, SyncOptions][] = [];

  constructor() {
    let ids = 0;
    const newId = () => {
      ids += 1;
      return `sync-${ids}`;
    };
    this.asker = new RemoteSync({ cluster: this.told.join(), timers: this.time, newId });
  }

  /** A replica with the directory. */
  add(replicaId: string, sync: () => Promise<SyncReport> = async () => REPORT): this {
    answerSyncRequests({
      cluster: this.told.join(),
      replicaId,
      logger: createLogger({ level: 'error', stream: new Lines() }),
      sync: {
        sync: (options = {}) => {
          this.asked.push([replicaId, options]);
          return sync();
        },
      },
    });
    return this;
  }
}

describe('a sync executed by another replica', () => {
  it('returns the report as if it were done here', async () => {
    const world = new World().add('one');
    expect(await world.asker.sync({ dryRun: true })).toEqual(REPORT);
    expect(await world.asker.sync({ force: true })).toEqual(REPORT);
    expect(await world.asker.sync()).toEqual(REPORT);
    expect(world.asked.map(([, options]) => options)).toEqual([
      { dryRun: true, force: false },
      { dryRun: false, force: true },
      { dryRun: false, force: false },
    ]);
  });

  it('is done by one of the replicas that have the directory', async () => {
    const world = new World().add('one').add('other');
    await world.asker.sync();
    expect(world.asked.map(([id]) => id)).toEqual(['one']);
  });

  it('returns the start of long lists, and their totals', async () => {
    const rejected = Array.from({ length: 1000 }, (_, index) => ({
      file: `ä${index}.session`,
      reason: 'why',
    }));
    const unsettled = Array.from({ length: 1000 }, (_, index) => `${index}`.padStart(200, '"'));
    const world = new World().add('one', async () => ({
      ...REPORT,
      rejected,
      rejectedTotal: 7000,
      unsettled,
    }));
    const report = await world.asker.sync();
    expect(report).toMatchObject({ added: 1, rejectedTotal: 7000 });
    expect(report.rejected).toEqual(rejected.slice(0, report.rejected.length));
    expect(report.rejected.length).toBeGreaterThan(50);
    expect(report.unsettled).toEqual(unsettled.slice(0, report.unsettled.length));
    expect(report.unsettled).not.toHaveLength(0);
  });

  it.each([
    [new Conflict({ error: 'mass_removal_guard', message: 'so many', would_remove: 9, known: 10 })],
    [new Unavailable({ error: 'storage_unavailable', message: 'lost' }, 7)],
    [new Unavailable('The service is stopping', 1, { code: 'shutting_down' })],
    [new Failed('no', { code: 'failed' })],
  ])('is refused as it was there: %s', async (refusal) => {
    const world = new World().add('one', () => Promise.reject(refusal));
    const error = await world.asker.sync().catch((reason) => reason);
    expect(error).toBeInstanceOf(refusal.constructor);
    const { message, code, detail, retryAfterSeconds } = refusal;
    expect(error).toMatchObject({ message, code, detail, retryAfterSeconds });
  });

  it('reports a directory that cannot be read, but no details of unexpected errors', async () => {
    const unreadable = new SessionsDirectoryUnreadable(`/${'d'.repeat(9000)}`, 'ENOENT');
    const known = new World().add('one', () => Promise.reject(unreadable)).asker.sync();
    await expect(known).rejects.toThrow(/^Sessions directory \/d+$/);
    const unknown = new World().add('one', () => Promise.reject(new Error('secret'))).asker.sync();
    await expect(unknown).rejects.toThrow('The sync failed at the replica that has the sessions directory');
  });
});

describe('a sync that nobody executes', () => {
  const detailOf = (error: unknown) => (error instanceof Unavailable ? error.detail : error);

  it('is refused when no replica has answered for five seconds', async () => {
    const world = new World();
    const asked = world.asker.sync().catch(detailOf);
    await world.time.advance(4.9);
    await world.time.advance(0.1);
    expect(await asked).toMatchObject({ error: 'no_sessions_directory' });
  });

  it('is refused if it is not done after a minute, whatever follows', async () => {
    let finish = (_report: SyncReport) => {};
    const world = new World().add('one', () => {
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    const asked = world.asker.sync().catch(detailOf);
    await world.time.advance(60);
    finish(REPORT);
    expect(await asked).toMatchObject({ error: 'sync_under_way' });
  });

  it('is refused in the same way if the report is lost', async () => {
    const world = new World().add('one');
    world.told.lost.add('sync.done');
    const asked = world.asker.sync().catch(detailOf);
    await world.time.advance(60);
    expect(await asked).toMatchObject({ error: 'sync_under_way' });
  });

  it('is refused when the service stops, and when too many are already waiting', async () => {
    const world = new World();
    const asked = Array.from({ length: 100 }, () => world.asker.sync().catch(detailOf));
    await expect(world.asker.sync()).rejects.toThrow('Too many syncs');
    world.asker.close();
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['The service is stopping']));
  });

  it('ignores messages that it cannot parse', async () => {
    const world = new World();
    const stranger = world.told.join();
    const asked = world.asker.sync().catch(detailOf);
    stranger.tell('sync.offer', 'nonsense');
    stranger.tell('sync.done', { id: 'sync-1', outcome: { kind: 'report', report: { added: 'many' } } });
    stranger.tell('sync.done', { id: 'another', outcome: { kind: 'failed', message: 'x' } });
    await world.time.advance(5);
    expect(await asked).toMatchObject({ error: 'no_sessions_directory' });
  });
});
