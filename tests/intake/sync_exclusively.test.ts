import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SingleNode } from '../../src/cluster/single_node.js';
import { Unavailable } from '../../src/errors.js';
import { Scanner } from '../../src/intake/scanner.js';
import { SyncService } from '../../src/intake/sync.js';
import { until } from '../service/manual_time.js';
import { type Service, withService } from '../service/service.js';
import { listed } from './sync_files.js';
import { unobservedAvailability } from './unobserved.js';

describe('work that must be alone with the directory', () => {
  /** Runs the test with a queue of its own over the service's directory and database. */
  function queueing(test: (queue: SyncService, service: Service) => Promise<void>): () => Promise<void> {
    return withService(async (service) => {
      const scanner = new Scanner({ root: service.sessionsDir, check: 'lenient', maxBytes: 1024 * 1024 });
      const { clock, database } = service.container;
      const queue = new SyncService({
        machine: '',
        onSynced: () => undefined,
        ...{ store: database.intake, scanner, clock, proxyId: null, seal: null },
        cluster: new SingleNode(),
        availability: unobservedAvailability(),
      });
      try {
        await test(queue, service);
      } finally {
        await queue.close();
        await scanner.close();
      }
    });
  }

  it(
    'is never seen half done: who looks meanwhile waits, and so does the next work',
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
      const look = queue.sync().then((report) => order.push(`look: ${report.added}`));
      const next = queue.exclusively(async () => order.push('next work'));
      goOn();
      expect(await work).toBe('done');
      await Promise.all([look, next]);
      expect(order).toEqual(['work', 'look: 1', 'next work']);
      expect([...(await listed(service)).keys()]).toEqual(['whole']);
    }),
  );

  it(
    'fails alone: what comes after it has its turn',
    queueing(async (queue, service) => {
      service.write('a.session');
      const failing = queue.exclusively(() => Promise.reject(new Error('full')));
      const throwing = queue.exclusively(() => {
        throw new Error('broken');
      });
      const look = queue.sync();
      await expect(failing).rejects.toThrow('full');
      await expect(throwing).rejects.toThrow('broken');
      expect(await look).toMatchObject({ added: 1 });
      expect(await queue.exclusively(async () => 'next')).toBe('next');
    }),
  );

  it(
    'is waited for when the service stops, and not begun after that',
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
