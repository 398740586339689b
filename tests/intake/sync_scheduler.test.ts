import { describe, expect, it } from '@jest/globals';
import { SingleNode } from '../../src/cluster/single_node.js';
import { RootProbe } from '../../src/intake/root_watch.js';
import { SyncScheduler } from '../../src/intake/sync_scheduler.js';
import { Unavailable } from '../../src/kernel/errors.js';
import { until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';
import { ownSync, unreadLog } from './syncing.js';

/** The first locks can't be taken: the database is away. */
class AwayAtFirst extends SingleNode {
  #away = 2;

  override exclusively<Result>(
    name: string,
    work: (lost: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    this.#away -= 1;
    if (this.#away >= 0) return Promise.reject(new Unavailable('the database is away', 1, { code: 'away' }));
    return super.exclusively(name, work, signal);
  }
}

/** A scheduler over the service's directory and database, with its own locks. */
function schedulerOf(service: Service) {
  const { sync, availability, close } = ownSync(service, { cluster: new AwayAtFirst() });
  const scheduler = new SyncScheduler({
    ...{ probe: new RootProbe(service.sessionsDir), availability, sync, timers: service.time },
    logger: unreadLog,
  });
  const end = async () => {
    scheduler.stop();
    await close();
  };
  return { scheduler, end };
}

describe('a sync of the directory that failed because the database was away', () => {
  it(
    'is retried with a growing delay until it succeeds',
    withService(
      async (service) => {
        const { scheduler, end } = schedulerOf(service);
        expect(await scheduler.run('start')).toBeNull();
        expect(await scheduler.check()).toBe('the database is away');
        // A sync of one file must not replace the sync of everything.
        expect(await scheduler.run('files changed', { only: ['s001'] })).toBeNull();
        await service.time.advance(3);
        expect(await scheduler.check()).not.toBeNull();
        await service.time.advance(2);
        await until(async () => (await scheduler.check()) === null);
        await end();
      },
      { files: some(2) },
    ),
  );
});
