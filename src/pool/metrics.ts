import { Counter, Gauge, type Registry } from 'prom-client';
import type { PoolNotice } from './store.js';

/** What the pool looks like, read when it is asked for. */
export interface PoolGauges {
  states(): Promise<Readonly<Record<string, number>>>;
  waiting(): number;
}

/** Registers how many sessions stand in each state, and what happened to them. */
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
    name: 'telegate_requests_waiting',
    help: 'Requests on hold for a session',
    registers: [registry],
    collect() {
      this.set(gauges.waiting());
    },
  });
  const events = new Counter({
    name: 'telegate_session_events_total',
    help: 'What happened to sessions',
    labelNames: ['event'],
    registers: [registry],
  });
  return (notices) => {
    const tally = new Map<string, number>();
    for (const { event } of notices) tally.set(event, (tally.get(event) ?? 0) + 1);
    for (const [event, count] of tally) events.inc({ event }, count);
  };
}
