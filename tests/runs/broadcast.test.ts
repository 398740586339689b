import { describe, expect, it } from '@jest/globals';
import { SingleNode } from '../../src/cluster/single_node.js';
import { RunBroadcast } from '../../src/runs/broadcast.js';
import { runSerializer } from '../../src/runs/serialize.js';
import { ManualTime, until } from '../service/manual_time.js';
import { withService } from '../service/service.js';
import { seedRun, seedSource } from '../sources/seeding.js';

/** More runs than are published in one interval. */
const MANY = 120;

describe('runs that change at the same moment', () => {
  it(
    'are all announced once, one after the other',
    withService(async (service) => {
      const { clock, database } = service.container;
      const told: number[] = [];
      const publish = (_event: string, run: unknown) => told.push((run as { readonly id: number }).id);
      const timers = new ManualTime();
      const broadcast = new RunBroadcast({
        ...{ runs: database.runs, cluster: new SingleNode(), publish, timers },
        serialize: runSerializer(clock),
      });
      const ids: number[] = [];
      for (let made = 0; made < MANY; made += 1) {
        const { id } = await seedRun(service, (await seedSource(service, { targetPath: `p${made}` })).id);
        ids.push(id);
      }
      for (const id of [...ids, ...ids]) broadcast.changed(id);
      await until(async () => {
        await timers.advance(1);
        return told.length === MANY;
      });
      expect(told).toEqual(ids);
      broadcast.close();
    }),
  );
});
