import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Cluster } from '../cluster/cluster.js';
import { fitting } from '../cluster/fitting.js';
import type { Timers } from '../kernel/timers.js';
import type { TrafficCounts } from '../pool/fence.js';
import type { LeaseTraffic } from './lease_traffic.js';

/** The traffic of the leases at a replica. */
const TOLD = 'egress.traffic';

const count = z.int().min(0);

/** A lease, as a digest of its id, and what goes through for it. */
const toldLease = z.tuple([z.string().length(16), count, count, count]);
type ToldLease = z.infer<typeof toldLease>;
const toldMessage = z.object({ from: z.string().max(64), leases: z.array(toldLease) });

/** How often replicas tell each other, in milliseconds. */
const TELL_EVERY_MS = 2000;

/** After how long what was told is forgotten, in milliseconds. */
const REMEMBERED_MS = 3 * TELL_EVERY_MS;

/** How many leases of other replicas are remembered, and of how many this one tells at a time. */
const MAX_REMEMBERED = 20_000;
const MAX_TOLD = 2_000;

/** The space for leases in a message, in bytes of JSON. */
const LEASES_BYTES = 6_000;

export interface ClusterTrafficParts {
  /** That of the leases at this replica. */
  readonly here: () => Iterable<LeaseTraffic>;
  readonly cluster: Pick<Cluster, 'tell' | 'onTold'>;
  readonly timers: Timers;
  /** The name of this process among the replicas. */
  readonly id: string;
}

/** What goes through the fence for each lease, here and, as of a few seconds ago, at the other replicas. */
export class ClusterTraffic {
  readonly #parts: ClusterTrafficParts;
  readonly #remote = new LRUCache<string, ToldLease>({ max: MAX_REMEMBERED, ttl: REMEMBERED_MS });
  #stop: () => void = () => {};

  constructor(parts: ClusterTrafficParts) {
    this.#parts = parts;
    parts.cluster.onTold(TOLD, (data) => {
      const { success, data: told } = toldMessage.safeParse(data);
      if (success) for (const lease of told.leases) this.#remote.set(`${told.from} ${lease[0]}`, lease);
    });
  }

  /** Begins to tell the other replicas; the returned function stops it. */
  start(): () => void {
    const next = () => {
      this.#stop = this.#parts.timers.after(TELL_EVERY_MS, () => {
        this.#tell();
        next();
      });
    };
    next();
    return () => this.#stop();
  }

  /** The counts of these leases, by their ids. */
  of(leaseIds: readonly string[]): Map<string, TrafficCounts> {
    const wanted = new Map(leaseIds.map((id) => [digest(id), id]));
    const counts = new Map<string, TrafficCounts>();
    const told = [...[...this.#parts.here()].map(toldOf), ...this.#remote.values()];
    for (const [lease, connections, bytesUp, bytesDown] of told) {
      const id = wanted.get(lease);
      if (id === undefined) continue;
      const before = counts.get(id) ?? { connections: 0, bytesUp: 0, bytesDown: 0 };
      counts.set(id, {
        connections: before.connections + connections,
        bytesUp: before.bytesUp + bytesUp,
        bytesDown: before.bytesDown + bytesDown,
      });
    }
    return counts;
  }

  #tell(): void {
    const { here, cluster, id: from } = this.#parts;
    let left = [...here()].slice(0, MAX_TOLD).map(toldOf);
    while (left.length > 0) {
      const leases = fitting(left, LEASES_BYTES);
      cluster.tell(TOLD, { from, leases });
      left = left.slice(leases.length);
    }
  }
}

function toldOf({ lease, connections, bytesUp, bytesDown }: LeaseTraffic): ToldLease {
  return [digest(lease.leaseId), connections.size, bytesUp, bytesDown];
}

/** A lease id is a capability: others need only recognise it. */
function digest(leaseId: string): string {
  return createHash('sha256').update(leaseId).digest('hex').slice(0, 16);
}
