import { Counter, type Registry } from 'prom-client';
import { registerGauge } from '../kernel/scraped_gauge.js';
import type { CountBytes } from './relay.js';

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
export const CUTS = ['lease_ended', 'lease_expired', 'key_revoked', 'idle', 'stopping'] as const;
export type CutReason = (typeof CUTS)[number];

/** What the fence counts. */
export interface EgressMetrics {
  readonly bytes: CountBytes;
  connected(): void;
  refused(reason: RefusalReason): void;
  cut(reason: CutReason, connections: number): void;
}

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
  const refused = new Counter({
    name: 'telegate_egress_refusals_total',
    help: 'Connections that the egress fence refused',
    labelNames: ['reason'],
    registers,
  });
  const cut = new Counter({
    name: 'telegate_egress_cuts_total',
    help: 'Connections that the egress fence cut',
    labelNames: ['reason'],
    registers,
  });
  for (const direction of ['up', 'down']) bytes.inc({ direction }, 0);
  for (const reason of REFUSALS) refused.inc({ reason }, 0);
  for (const reason of CUTS) cut.inc({ reason }, 0);
  return {
    bytes: (direction, count) => bytes.inc({ direction }, count),
    connected: () => connected.inc(),
    refused: (reason) => refused.inc({ reason }),
    cut: (reason, connections) => cut.inc({ reason }, connections),
  };
}
