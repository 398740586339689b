import { Counter, Histogram, type Registry } from 'prom-client';
import { answerInTime, registerGauge, registerGauges } from '../kernel/scraped_gauge.js';
import type { Flood, PoolCounts, PoolNotice } from './store.js';

/** The state of the pool, read on each scrape. */
export interface PoolGauges {
  counts(): Promise<Pick<PoolCounts, 'total' | 'states' | 'freeButMethodFlooded' | 'limited' | 'frozen'>>;
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
  for (const outcome of ['granted', 'refused']) waits.zero({ outcome });
  return (seconds, outcome) => waits.observe({ outcome }, seconds);
}

/** Registers the number of sessions in each state, and their events. */
export function registerPoolMetrics(
  registry: Registry,
  gauges: PoolGauges,
): (notices: readonly PoolNotice[]) => void {
  registerGauges(
    registry,
    answerInTime(() => gauges.counts()),
    [
      {
        name: 'telegate_sessions',
        help: 'Sessions by state',
        label: 'state',
        values: ({ states }) => states,
      },
      {
        name: 'telegate_sessions_by_condition',
        help: 'Sessions by the condition of their account',
        label: 'condition',
        values: ({ total, states, limited, frozen }) => {
          return { alive: total - states.dead - limited - frozen, limited, frozen, dead: states.dead };
        },
      },
      {
        name: 'telegate_sessions_method_flooded',
        help: 'Free sessions with a flood wait of one method',
        value: ({ freeButMethodFlooded }) => freeButMethodFlooded,
      },
    ],
  );
  registerGauge(registry, {
    name: 'telegate_acquire_queue_length',
    help: 'Requests that wait for a session',
    read: () => gauges.waiting(),
  });
  return registerSessionEvents(registry);
}

function registerSessionEvents(registry: Registry): (notices: readonly PoolNotice[]) => void {
  const events = new Counter({
    name: 'telegate_session_events_total',
    help: 'Events of sessions, at all replicas',
    labelNames: ['event'],
    registers: [registry],
  });
  return (notices) => {
    const tally = new Map<string, number>();
    for (const { event } of notices) tally.set(event, (tally.get(event) ?? 0) + 1);
    for (const [event, count] of tally) events.inc({ event }, count);
  };
}

/** The methods that are counted one by one, as Telegram's documentation spells them: callers may name anything. */
const METHODS = [
  'auth.exportAuthorization',
  'channels.getFullChannel',
  'channels.getMessages',
  'channels.getParticipants',
  'channels.joinChannel',
  'contacts.resolveUsername',
  'messages.checkChatInvite',
  'messages.getDialogs',
  'messages.getHistory',
  'messages.getMessages',
  'messages.getReplies',
  'messages.importChatInvite',
  'messages.search',
  'upload.getFile',
  'users.getFullUser',
];

const SPELLINGS = new Map(METHODS.map((method) => [method.toLowerCase(), method]));

/** The value of the label `method`: `all` for a flood wait of the session as a whole. */
function methodLabel({ method }: Flood): string {
  return method === null ? 'all' : (SPELLINGS.get(method.toLowerCase()) ?? 'other');
}

/** Registers the flood waits that are reported to this process. */
export function registerFloodWaits(registry: Registry): (flood: Flood) => void {
  const shared = { labelNames: ['method'], registers: [registry] };
  const waits = new Counter({
    name: 'telegate_flood_waits_total',
    help: 'Flood waits reported, by method; all: of the session as a whole',
    ...shared,
  });
  const seconds = new Counter({
    name: 'telegate_flood_wait_seconds_total',
    help: 'The seconds that these flood waits ask for',
    ...shared,
  });
  for (const counter of [waits, seconds])
    for (const method of ['all', 'other', ...METHODS]) counter.inc({ method }, 0);
  return (flood) => {
    const method = methodLabel(flood);
    waits.inc({ method });
    seconds.inc({ method }, flood.seconds);
  };
}
