import { Counter, type Registry } from 'prom-client';
import { registerLabelledGauge } from '../kernel/scraped_gauge.js';
import type { RunListStore } from './list_store.js';
import { FILE_STATES, type RunState, type RunStore, type StoredBatch } from './store.js';

/** The states of runs that have not ended. */
const UNFINISHED: readonly RunState[] = ['queued', 'running', 'waiting', 'deferred'];

/** Registers the number of runs in each state that is not an end. */
export function registerRunStates(registry: Registry, lists: Pick<RunListStore, 'countsByState'>): void {
  registerLabelledGauge(registry, {
    name: 'telegate_runs',
    help: 'Runs that have not ended, by state',
    label: 'state',
    read: async () => Object.fromEntries(await lists.countsByState(UNFINISHED)),
  });
}

/** The store, with metrics of what the runs of this process record in it. */
export function measuredRuns(runs: RunStore, registry: Registry): RunStore {
  const ended = new Counter({
    name: 'telegate_runs_ended_total',
    help: 'Runs that this process executed and that have ended, by outcome',
    labelNames: ['outcome'],
    registers: [registry],
  });
  for (const outcome of ['completed', 'failed', 'cancelled']) ended.inc({ outcome }, 0);
  const countStored = registerStored(registry);
  return {
    ...runs,
    async finish(id, owner, end, error, now) {
      const finished = await runs.finish(id, owner, end, error, now);
      if (finished) ended.inc({ outcome: end });
      return finished;
    },
    async store(runId, owner, batch, now) {
      const stored = await runs.store(runId, owner, batch, now);
      if (stored) countStored(batch);
      return stored;
    },
  };
}

function registerStored(registry: Registry): (batch: StoredBatch) => void {
  const registers = [registry];
  const messages = new Counter({
    name: 'telegate_scraped_messages_total',
    help: 'Messages that runs have stored',
    registers,
  });
  const files = new Counter({
    name: 'telegate_scraped_files_total',
    help: 'Files that runs have found, by what became of them',
    labelNames: ['state'],
    registers,
  });
  const bytes = new Counter({
    name: 'telegate_scraped_bytes_total',
    help: 'Bytes of files that runs have stored',
    registers,
  });
  for (const state of FILE_STATES) files.inc({ state }, 0);
  return ({ progress, files: found }) => {
    messages.inc(progress.messagesStored ?? 0);
    bytes.inc(progress.bytesDone ?? 0);
    for (const { state } of found) files.inc({ state });
  };
}
