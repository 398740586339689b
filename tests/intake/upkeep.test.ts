import { describe, expect, it } from '@jest/globals';
import { SingleNode } from '../../src/cluster/single_node.js';
import { Unavailable } from '../../src/errors.js';
import { RootProbe } from '../../src/intake/root_identity.js';
import { Scanner } from '../../src/intake/scanner.js';
import { SyncService } from '../../src/intake/sync.js';
import { IntakeUpkeep } from '../../src/intake/upkeep.js';
import { until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';
import { unobservedAvailability, unreadLog } from './unobserved.js';

/** The first turns can't be had: the database is away. */
class AwayAtFirst extends SingleNode {
  #away = 2;

  override exclusively<Result>(
    name: string,
    work: (lost: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    this.#away -= 1;
    if (this.#away >= 0) return Promise.reject(new Unavailable('the database is away', 1));
    return super.exclusively(name, work, signal);
  }
}

/** Upkeep over the service's directory and database, with turns of its own. */
function upkeepOf({ sessionsDir: root, container, time }: Service) {
  const scanner = new Scanner({ root, check: 'lenient', maxBytes: 1024 });
  const { clock, database } = container;
  const availability = unobservedAvailability();
  const sync = new SyncService({
    ...{ store: database.intake, scanner, clock, proxyId: null, seal: null, cluster: new AwayAtFirst() },
    ...{ machine: '', onSynced: () => undefined, availability },
  });
  const upkeep = new IntakeUpkeep({
    ...{ probe: new RootProbe(root), availability, sync, timers: time },
    logger: unreadLog,
  });
  const close = async () => {
    upkeep.stop();
    await sync.close();
    await scanner.close();
  };
  return { upkeep, close };
}

describe('a look at the directory that failed because the database was away', () => {
  it(
    'is done once more, ever less often, until it succeeds',
    withService(
      async (service) => {
        const { upkeep, close } = upkeepOf(service);
        expect(await upkeep.run('start')).toBeNull();
        expect(await upkeep.check()).toBe('the database is away');
        // A look at one file must not take the place of the one at everything.
        expect(await upkeep.run('files changed', { only: ['s001'] })).toBeNull();
        await service.time.advance(3);
        expect(await upkeep.check()).not.toBeNull();
        await service.time.advance(2);
        await until(async () => (await upkeep.check()) === null);
        await close();
      },
      { files: some(2) },
    ),
  );
});
