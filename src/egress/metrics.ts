import { Counter, Histogram, type Registry } from 'prom-client';
import { registerGauge } from '../kernel/scraped_gauge.js';
import type { CountBytes } from './relay.js';
import type { EgressUse } from './store.js';

/** Why a client was not connected. */
export const REFUSALS = [
  'not_socks',
  'no_credentials',
  'bad_credentials',
  'lease_ended',
  'key_revoked',
  'command',
  'destination',
  'too_many',
  'slow',
  'upstream',
  'database',
] as const;
export type RefusalReason = (typeof REFUSALS)[number];

/** Why the connections of a lease were cut. */
const CUTS = ['lease_ended', 'lease_expired', 'key_revoked', 'idle', 'stopping'] as const;
export type CutReason = (typeof CUTS)[number];

/** What the fence counts. */
export interface EgressMetrics {
  readonly bytes: CountBytes;
  connected(): void;
  refused(reason: RefusalReason): void;
  cut(reason: CutReason, connections: number): void;
  /** A lease that had connections has ended. */
  leaseEnded(use: Pick<EgressUse, 'connections' | 'bytesUp' | 'bytesDown'>): void;
}

/** Upper bounds of the connections of a lease. */
const CONNECTIONS = [1, 2, 4, 8, 16, 32, 64];

/** Upper bounds of the bytes of a lease: 1 KiB to 4 GiB. */
const BYTES = Array.from({ length: 12 }, (_, step) => 2 ** (10 + 2 * step));

/** Registers the metrics of the fence. `open`: the connections at this replica. */
export function registerEgressMetrics(registry: Registry, open: () => number): EgressMetrics {
  registerGauge(registry, {
    name: 'telegate_egress_connections',
    help: 'Connections of workers to Telegram through the egress fence',
    read: open,
  });
  const registers = [registry];
  const connected = new Counter({
    name: 'telegate_egress_connections_total',
    help: 'Connections made through the egress fence',
    registers,
  });
  const bytes = new Counter({
    name: 'telegate_egress_bytes_total',
    help: 'Bytes through the egress fence; up: to Telegram',
    labelNames: ['direction'],
    registers,
  });
  for (const direction of ['up', 'down']) bytes.inc({ direction }, 0);
  const refused = registerByReason(registers, REFUSALS, {
    name: 'telegate_egress_refusals_total',
    help: 'Connections that the egress fence refused',
  });
  const cut = registerByReason(registers, CUTS, {
    name: 'telegate_egress_cuts_total',
    help: 'Connections that the egress fence cut',
  });
  const ofLease = registerOfLease(registers);
  return {
    bytes: (direction, count) => bytes.inc({ direction }, count),
    connected: () => connected.inc(),
    refused: (reason) => refused.inc({ reason }),
    cut: (reason, connections) => cut.inc({ reason }, connections),
    leaseEnded: ofLease,
  };
}

/** A counter with a label for each reason, all of which are shown from the beginning. */
function registerByReason(
  registers: Registry[],
  reasons: readonly string[],
  named: { readonly name: string; readonly help: string },
): Counter<'reason'> {
  const counter = new Counter({ ...named, labelNames: ['reason'] as const, registers });
  for (const reason of reasons) counter.inc({ reason }, 0);
  return counter;
}

/** How leases differ: a label for each would never end. */
function registerOfLease(registers: Registry[]): EgressMetrics['leaseEnded'] {
  const connections = new Histogram({
    name: 'telegate_egress_lease_connections',
    help: 'Connections made through the egress fence under a lease, at its end',
    buckets: CONNECTIONS,
    registers,
  });
  const bytes = new Histogram({
    name: 'telegate_egress_lease_bytes',
    help: 'Bytes through the egress fence under a lease, at its end; up: to Telegram',
    labelNames: ['direction'],
    buckets: BYTES,
    registers,
  });
  for (const direction of ['up', 'down']) bytes.zero({ direction });
  return (use) => {
    connections.observe(use.connections);
    bytes.observe({ direction: 'up' }, use.bytesUp);
    bytes.observe({ direction: 'down' }, use.bytesDown);
  };
}
