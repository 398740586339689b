import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { PoolNotice } from './store.js';

/** The state of the pool, read on each scrape. */
export interface PoolGauges {
  states(): Promise<Readonly<Record<string, number>>>;
  waiting(): number;
}

/** Upper bounds of the duration of an acquire, in seconds; a request waits for at most 60. */
const WAITS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60];

/** Records how long an acquire took, and whether it was granted. */
export type ObserveAcquire = (seconds: number, outcome: 'granted' | 'refused') => void;

/** Registers the duration of acquires. */
export function registerAcquireWait(registry: Registry): ObserveAcquire {
  const waits = new Histogram({
    name: 'telegate_acquire_wait_seconds',
    help: 'Time from a request for a session to its lease, or to its refusal',
    labelNames: ['outcome'],
    buckets: WAITS,
    registers: [registry],
  });
  return (seconds, outcome) => waits.observe({ outcome }, seconds);
}

/** Registers the number of sessions in each state, and their events. */
export function registerPoolMetrics(
  registry: Registry,
  gauges: PoolGauges,
): (notices: readonly PoolNotice[]) => void {
  new Gauge({
    name: 'telegate_sessions',
    help: 'Sessions by state',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      for (const [state, count] of Object.entries(await gauges.states())) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'telegate_acquire_queue_length',
    help: 'Requests that wait for a session',
    registers: [registry],
    collect() {
      this.set(gauges.waiting());
    },
  });
  const events = new Counter({
    name: 'telegate_session_events_total',
    help: 'Events of sessions',
    labelNames: ['event'],
    registers: [registry],
  });
  return (notices) => {
    const tally = new Map<string, number>();
    for (const { event } of notices) tally.set(event, (tally.get(event) ?? 0) + 1);
    for (const [event, count] of tally) events.inc({ event }, count);
  };
}
