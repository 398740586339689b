import type { Registry } from 'prom-client';
import { registerGauge, registerLabelledGauge } from '../kernel/scraped_gauge.js';
import type { PrefectStore } from './store.js';

/** Prefect as this process sees it. */
export interface PrefectGauges {
  /** Why it cannot be used now; null: it can. */
  readonly problem: () => string | null;
  readonly store: Pick<PrefectStore, 'outbox'>;
}

/** Registers whether Prefect can be used, and what it has not been told yet. */
export function registerPrefectMetrics(registry: Registry, { problem, store }: PrefectGauges): void {
  registerGauge(registry, {
    name: 'telegate_prefect_up',
    help: 'Whether Prefect can be used: 1 or 0',
    read: () => Number(problem() === null),
  });
  registerLabelledGauge(registry, {
    name: 'telegate_prefect_outbox',
    help: 'What Prefect has not been told yet: changed deployments, states of runs, runs with new log entries',
    label: 'kind',
    read: async () => ({ ...(await store.outbox()) }),
  });
}
