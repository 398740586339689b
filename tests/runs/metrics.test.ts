import { expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { measuredRuns, registerRunStates } from '../../src/runs/metrics.js';
import { batch, begin, file, makeSource, makeSources, OWNER, take } from '../contracts/runs.js';
import { T0, usingStores } from '../contracts/stores.js';
import { makeSqliteStores } from '../storage/databases.js';

const using = usingStores(makeSqliteStores);

/** The lines of the metrics whose names begin like this. */
async function lines(registry: Registry, name: string): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line.startsWith(name));
}

it(
  'what runs store and how they end is counted, from zero on',
  using(async (stores) => {
    const registry = new Registry();
    const runs = measuredRuns(stores.runs, registry);
    expect(await lines(registry, 'telegate_runs_ended_total')).toEqual([
      'telegate_runs_ended_total{outcome="completed"} 0',
      'telegate_runs_ended_total{outcome="failed"} 0',
      'telegate_runs_ended_total{outcome="cancelled"} 0',
    ]);
    await begin(stores, await makeSource(stores));
    const { id } = (await take(stores)) ?? { id: 0 };
    const files = [
      file(7, 'a'),
      file(8, 'a', { state: 'duplicate' }),
      file(9, 'b', { state: 'skipped', path: null }),
    ];
    const progress = { messagesRead: 10, messagesStored: 10, filesFound: 3, bytesDone: 500 };
    expect(await runs.store(id, OWNER, { ...batch(10, 10), files, progress }, T0)).toBe(true);
    expect(await runs.store(id, 'another', { ...batch(20, 10), files: [file(12, 'c')], progress }, T0)).toBe(
      false,
    );
    expect(await runs.finish(id, 'another', 'failed', 'why', T0)).toBe(false);
    expect(await runs.finish(id, OWNER, 'completed', null, T0)).toBe(true);
    expect(await lines(registry, 'telegate_scraped')).toEqual([
      'telegate_scraped_messages_total 10',
      'telegate_scraped_files_total{state="stored"} 1',
      'telegate_scraped_files_total{state="duplicate"} 1',
      'telegate_scraped_files_total{state="skipped"} 1',
      'telegate_scraped_bytes_total 500',
    ]);
    expect(await lines(registry, 'telegate_runs_ended_total')).toEqual([
      'telegate_runs_ended_total{outcome="completed"} 1',
      'telegate_runs_ended_total{outcome="failed"} 0',
      'telegate_runs_ended_total{outcome="cancelled"} 0',
    ]);
  }),
);

it(
  'runs that have not ended are counted by state',
  using(async (stores) => {
    const registry = new Registry();
    registerRunStates(registry, stores.runLists);
    const [one = 0, two = 0, three = 0] = await makeSources(stores, 3);
    for (const source of [one, two, three]) await begin(stores, source);
    const { id } = (await take(stores)) ?? { id: 0 };
    await stores.runs.mark(id, OWNER, 'waiting', null, T0);
    expect(await lines(registry, 'telegate_runs')).toEqual([
      'telegate_runs{state="queued"} 2',
      'telegate_runs{state="running"} 0',
      'telegate_runs{state="waiting"} 1',
      'telegate_runs{state="deferred"} 0',
    ]);
  }),
);
