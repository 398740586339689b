import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { PoolNotice } from '../pool/store.js';

/** Upper bounds of the request durations, in seconds; the last ones are requests on hold. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** How requests went. */
export class HttpMetrics {
  readonly #durations: Histogram<'method' | 'route' | 'status'>;

  constructor(registry: Registry) {
    this.#durations = new Histogram({
      name: 'telegate_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATIONS,
      registers: [registry],
    });
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    this.#durations.observe({ method, route, status }, seconds);
  }
}

/** What the pool looks like, read when it is asked for. */
export interface PoolGauges {
  states(): Promise<Readonly<Record<string, number>>>;
  waiting(): number;
}

/** A registry with the process's own metrics. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'telegate_' });
  return registry;
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
