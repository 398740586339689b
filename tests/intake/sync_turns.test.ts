import { describe, expect, it } from '@jest/globals';
import type { Cluster } from '../../src/cluster/cluster.js';
import { SingleNode } from '../../src/cluster/single_node.js';
import { Unavailable } from '../../src/errors.js';
import { type InspectedFile, Scanner } from '../../src/intake/scanner.js';
import { SyncService } from '../../src/intake/sync.js';
import { until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';
import { unobservedAvailability } from './unobserved.js';

/** Its turns end when it is told so, whoever has one. */
class LosingTurns extends SingleNode {
  readonly #lost = new AbortController();

  override exclusively<Result>(
    name: string,
    work: (lost: AbortSignal) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    return super.exclusively(name, () => work(this.#lost.signal), signal);
  }

  lose(): void {
    this.#lost.abort();
  }
}

/** The queue of one replica, over the service's directory and database. */
function queueOf(service: Service, cluster: Cluster, onRead = () => {}) {
  class WatchedScanner extends Scanner {
    override async readNext(limit: number): Promise<InspectedFile[]> {
      const files = await super.readNext(limit);
      onRead();
      return files;
    }
  }
  const scanner = new WatchedScanner({ root: service.sessionsDir, check: 'lenient', maxBytes: 1024 });
  const { clock, database } = service.container;
  const queue = new SyncService({
    machine: '',
    onSynced: () => undefined,
    ...{ store: database.intake, scanner, clock, proxyId: null, seal: null, cluster },
    availability: unobservedAvailability(),
  });
  const close = async () => {
    await queue.close();
    await scanner.close();
  };
  return { queue, close };
}

describe('looks at one directory by several replicas', () => {
  it(
    'come one after the other, whichever replica they are of',
    withService(async (service) => {
      const shared = new SingleNode();
      const [one, other] = [queueOf(service, shared), queueOf(service, shared)];
      const order: string[] = [];
      let goOn = () => {};
      const held = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const first = one.queue.exclusively(async () => {
        order.push('one begins');
        await held;
        order.push('one is done');
      });
      await until(() => order.length === 1);
      const second = other.queue.sync().then(() => order.push('other is done'));
      goOn();
      await Promise.all([first, second]);
      expect(order).toEqual(['one begins', 'one is done', 'other is done']);
      await Promise.all([one.close(), other.close()]);
    }),
  );

  it(
    'are broken off between two batches once another may have its turn',
    withService(async (service) => {
      for (const name of some(150)) service.write(name);
      const cluster = new LosingTurns();
      let reads = 0;
      const { queue, close } = queueOf(service, cluster, () => {
        reads += 1;
        if (reads === 2) cluster.lose();
      });
      await expect(queue.sync()).rejects.toThrow(Unavailable);
      expect(await service.container.database.intake.total()).toBe(100);
      await expect(queue.exclusively(async () => 'begun')).rejects.toThrow(Unavailable);
      await close();
    }),
  );
});
