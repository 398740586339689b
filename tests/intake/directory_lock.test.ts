import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Cluster } from '../../src/cluster/cluster.js';
import { SingleNode } from '../../src/cluster/single_node.js';
import type { InspectedFile } from '../../src/intake/scan_protocol.js';
import { Scanner } from '../../src/intake/scanner.js';
import type { SyncService } from '../../src/intake/sync.js';
import { Unavailable } from '../../src/kernel/errors.js';
import { until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';
import { listed, ownSync } from './syncing.js';

describe('work that needs the directory to itself', () => {
  /** Runs the test with its own queue over the service's directory and database. */
  function queueing(test: (queue: SyncService, service: Service) => Promise<void>): () => Promise<void> {
    return withService(async (service) => {
      const { sync, close } = ownSync(service);
      try {
        await test(sync, service);
      } finally {
        await close();
      }
    });
  }

  it(
    'is never seen half done: a sync meanwhile waits, and so does the next work',
    queueing(async (queue, service) => {
      const order: string[] = [];
      let goOn = () => {};
      const held = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const work = queue.exclusively(async () => {
        service.write('half.session');
        await held;
        rmSync(join(service.sessionsDir, 'half.session'));
        service.write('whole.session');
        order.push('work');
        return 'done';
      });
      const synced = queue.sync().then((report) => order.push(`sync: ${report.added}`));
      const next = queue.exclusively(async () => order.push('next work'));
      goOn();
      expect(await work).toBe('done');
      await Promise.all([synced, next]);
      expect(order).toEqual(['work', 'sync: 1', 'next work']);
      expect([...(await listed(service)).keys()]).toEqual(['whole']);
    }),
  );

  it(
    'fails alone: what comes after it goes on',
    queueing(async (queue, service) => {
      service.write('a.session');
      const failing = queue.exclusively(() => Promise.reject(new Error('full')));
      const throwing = queue.exclusively(() => {
        throw new Error('broken');
      });
      const synced = queue.sync();
      await expect(failing).rejects.toThrow('full');
      await expect(throwing).rejects.toThrow('broken');
      expect(await synced).toMatchObject({ added: 1 });
      expect(await queue.exclusively(async () => 'next')).toBe('next');
    }),
  );

  it(
    'is awaited when the service stops, and not started after that',
    queueing(async (queue) => {
      const begun: string[] = [];
      let goOn = () => {};
      const held = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const first = queue.exclusively(async () => {
        begun.push('first');
        await held;
        begun.push('first is done');
      });
      await until(() => begun.length === 1);
      const second = queue.exclusively(async () => begun.push('second'));
      const closed = queue.close();
      goOn();
      await expect(second).rejects.toThrow(Unavailable);
      await Promise.all([first, closed]);
      await expect(queue.exclusively(async () => begun.push('third'))).rejects.toThrow(Unavailable);
      expect(begun).toEqual(['first', 'first is done']);
    }),
  );
});

/** It loses its locks on demand, whoever holds one. */
class LosingLocks extends SingleNode {
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

/** A sync of its own that calls back after every batch it reads. */
function countingSync(service: Service, cluster: Cluster, onRead: () => void) {
  class WatchedScanner extends Scanner {
    override async readNext(limit: number): Promise<InspectedFile[]> {
      const files = await super.readNext(limit);
      onRead();
      return files;
    }
  }
  const scanner = new WatchedScanner({ root: service.sessionsDir, check: 'lenient', maxBytes: 1024 });
  return ownSync(service, { scanner, cluster });
}

describe('syncs of one directory by several replicas', () => {
  it(
    'run one after the other, whichever replica they belong to',
    withService(async (service) => {
      const shared = new SingleNode();
      const [one, other] = [ownSync(service, { cluster: shared }), ownSync(service, { cluster: shared })];
      const order: string[] = [];
      let goOn = () => {};
      const held = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const first = one.sync.exclusively(async () => {
        order.push('one begins');
        await held;
        order.push('one is done');
      });
      await until(() => order.length === 1);
      const second = other.sync.sync().then(() => order.push('other is done'));
      goOn();
      await Promise.all([first, second]);
      expect(order).toEqual(['one begins', 'one is done', 'other is done']);
      await Promise.all([one.close(), other.close()]);
    }),
  );

  it(
    'are interrupted between two batches once another may hold the lock',
    withService(async (service) => {
      for (const name of some(150)) service.write(name);
      const cluster = new LosingLocks();
      let reads = 0;
      const { sync, close } = countingSync(service, cluster, () => {
        reads += 1;
        if (reads === 2) cluster.lose();
      });
      await expect(sync.sync()).rejects.toThrow(Unavailable);
      expect(await service.container.database.intake.total()).toBe(100);
      await expect(sync.exclusively(async () => 'begun')).rejects.toThrow(Unavailable);
      await close();
    }),
  );
});
