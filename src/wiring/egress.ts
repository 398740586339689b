import { randomUUID } from 'node:crypto';
import type { KeyService } from '../access/keys.js';
import { ClusterTraffic } from '../egress/cluster_traffic.js';
import { EGRESS_PURPOSE, EgressCredentials } from '../egress/credentials.js';
import { telegramDestinations } from '../egress/destinations.js';
import { Fence } from '../egress/fence.js';
import { registerEgressMetrics } from '../egress/metrics.js';
import { EgressServer, GUESSES } from '../egress/server.js';
import { canPassThrough } from '../egress/upstream.js';
import { Conflict } from '../kernel/errors.js';
import type { StoredProxy } from '../kernel/proxy.js';
import type { FenceKind, TrafficCounts } from '../pool/fence.js';
import type { Egress } from '../pool/lease_answer.js';
import type { Lease } from '../pool/store.js';
import { telegramNetwork } from '../telegram/network.js';
import type { Base } from './base.js';

/** More than the clocks of replicas differ, in milliseconds: they agree to within a round trip to the database. */
const CLOCK_MARGIN_MS = 500;

/** What follows leases: before the pool, which tells it of them. */
export type EgressFence = ReturnType<typeof wireFence>;

/** The fence and what it counts. */
export function wireFence({ database, clock, timers, logger, registry }: Base, keys: KeyService) {
  const metrics = registerEgressMetrics(registry, () => fence.open);
  const fence = new Fence({
    ...{ store: database.egress, clock, timers, logger, metrics },
    marginMs: database.shared ? CLOCK_MARGIN_MS : 0,
    isValid: async (holder) => (await keys.ofHolder(holder)) !== null,
  });
  keys.onRevoked(async ({ holder }) => fence.revoked(holder));
  database.signals.onHappened((notices) => fence.happened(notices.map(({ sessionId }) => sessionId)));
  return { fence, metrics };
}

/** The traffic of leases where there is no fence. */
export const NO_TRAFFIC = (): ReadonlyMap<string, TrafficCounts> => new Map();

/** The server that workers connect to; `openProxy` decrypts the password of a proxy. */
export function wireEgress(
  base: Base,
  { fence, metrics }: EgressFence,
  { openProxy, host }: { openProxy: (stored: StoredProxy) => Promise<StoredProxy>; host: string },
) {
  const { database, vault, clock, timers, logger, disposers, network = telegramNetwork } = base;
  const { cluster } = database;
  const credentials = new EgressCredentials(vault.derivedKeys(EGRESS_PURPOSE));
  const server = new EgressServer({
    ...{ fence, credentials, metrics, openProxy, clock, timers, logger },
    isTelegram: telegramDestinations(network.definition),
    mayDial: (one) => network.mayDial(one),
    guesses: cluster.limiter('egress guesses', GUESSES),
  });
  const traffic = new ClusterTraffic({ here: () => fence.traffic(), cluster, timers, id: randomUUID() });
  const kind: FenceKind = database.shared ? 'cluster' : 'process';
  const grants: Egress = {
    fence: kind,
    proxyFor(lease) {
      if (!canPassThrough(lease.proxy)) throw impossible(lease);
      return { type: 'socks5', host, port: server.port, ...credentials.of(lease) };
    },
  };
  return {
    server,
    grants,
    traffic: (leaseIds: readonly string[]) => traffic.of(leaseIds),
    async start(port: number, address: string): Promise<void> {
      await server.listen(port, address);
      disposers.add(() => server.close(), traffic.start());
    },
  };
}

function impossible({ sessionId, sessionName }: Lease): Conflict {
  const message = `the proxy of ${sessionName} is an MTProxy, which the egress fence can't go through: lease it without egress, or give it a SOCKS or HTTP proxy`;
  return new Conflict({
    error: 'egress_impossible',
    message,
    session_id: sessionId,
    session_name: sessionName,
  });
}
