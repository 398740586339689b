import { exactly, type Finding, noted } from '../finding.js';
import type { Connection } from '../scraping/data_centres.js';
import type { ClientWorker } from './client_worker.js';
import type { PastLease } from './lease_history.js';

/** A connection that a worker has spoken over, and the lease that it belongs to. */
interface Use {
  readonly worker: ClientWorker;
  /** Null: the worker had none when it connected. */
  readonly lease: PastLease | null;
  readonly key: string;
  /** Orders of the data centres' log. */
  readonly first: number;
  readonly last: number;
  readonly closed: number;
  /** Milliseconds since 1970. */
  readonly openedAt: number;
  readonly lastAt: number;
  readonly closedAt: number;
}

export interface Witnesses {
  readonly connections: readonly Connection[];
  readonly workers: readonly ClientWorker[];
  readonly leases: readonly PastLease[];
  /** The id of each session, by the phone number as the data centres write it. */
  readonly sessionOf: ReadonlyMap<string, number>;
}

/** The clocks that times are read from may differ so much, in milliseconds. */
const CLOCKS_MS = 50;

/** A relay and a data centre notice one connection this far apart at most, in milliseconds. */
const SAME_CONNECTION_MS = 5_000;

/**
 * What the data centres heard, compared with the leases that the service gave.
 *
 * A key is used twice at once if a message comes over a connection of one lease after the first one over a connection
 * of the next, pings and acknowledgements included. A program that is frozen, or whose network is silent, cannot close
 * its connections: they stay open meanwhile, and harm nobody as long as nothing comes over them. So what is judged is
 * what was heard; what was merely open is counted, and judged for workers that could have closed it.
 */
export function judgeKeyUse(witnesses: Witnesses): Finding[] {
  const uses = usesIn(witnesses);
  const pairs = pairsOf(uses);
  const lost = uses.filter(({ lease }) => lease?.lost);
  const twice = pairs.filter(([one, other]) => other.first < one.last);
  const together = pairs.filter(([one, other]) => other.first < one.closed);
  const late = lost.filter(({ lease, lastAt }) => lease !== null && lastAt >= lease.nextFrom);
  const afterwards = lost.filter(({ lease, lastAt }) => lease !== null && lastAt >= lease.leasableFrom);
  const uncut = lost.filter((use) => isUncut(use));
  const without = uses.filter(({ lease }) => lease === null);
  for (const use of [...twice.flat(), ...late, ...afterwards, ...uncut, ...without].slice(0, 10)) tell(use);
  const careless = together.filter(([one, other]) => !one.worker.couldNotTell(other.openedAt));
  for (const use of careless.flat().slice(0, 6)) tell(use);
  return [
    noted('connections of workers to data centres', { value: uses.length, unit: '' }),
    noted('of them of leases that were lost', { value: lost.length, unit: '' }),
    exactly("keys used twice at once, according to the data centres' log", twice.length, 0),
    exactly('connections of lost leases heard of after the next lease had begun', late.length, 0),
    exactly('connections of lost leases heard of after the cool-down', afterwards.length, 0),
    exactly('connections open after the cool-down, of workers that could close them', uncut.length, 0),
    exactly('connections made without a lease', without.length, 0),
    exactly('open beside the next one, of workers that could close them', careless.length, 0),
    noted('open and silent beside the next one: of frozen or silenced workers', {
      value: together.length - careless.length,
      unit: '',
    }),
    ...describeMargins(lost),
  ];
}

/** How close it was. */
function describeMargins(lost: readonly Use[]): Finding[] {
  const margins = lost.flatMap(({ lease, lastAt }) => (lease ? [lease.leasableFrom - lastAt] : []));
  const waking = lost.flatMap((use) => {
    const woken = use.worker.frozen.filter(({ from, until }) => from < use.closedAt && use.openedAt < until);
    const since = woken.map(({ until }) => use.closedAt - until).filter((ms) => ms > 0);
    return since.length > 0 ? [Math.min(...since)] : [];
  });
  return [
    noted('least time from the last message of a lost lease to the end of its cool-down', {
      value: Math.min(...margins) / 1000,
      unit: 's',
    }),
    noted(`most time from waking to the last connection being closed, of ${waking.length}`, {
      value: Math.max(0, ...waking),
      unit: 'ms',
    }),
  ];
}

function isUncut({ lease, closedAt, worker }: Use): boolean {
  return lease !== null && closedAt > lease.leasableFrom && !worker.couldNotTell(lease.leasableFrom);
}

function usesIn({ connections, workers, leases, sessionOf }: Witnesses): Use[] {
  // A connection that ended before its first call has no account of its own in the log.
  const phoneOf = new Map(connections.flatMap(({ key_id, phone }) => (phone ? [[key_id, phone]] : [])));
  return connections.flatMap((connection) => {
    const { key_id, first_message_order: first, last_message_order: last } = connection;
    const worker = workerOf(connection, workers);
    // Others are the service's own.
    if (!worker || key_id === null || first === null || last === null) return [];
    const openedAt = Date.parse(connection.opened_at);
    const own = leases.filter(
      (lease) =>
        lease.worker === worker.parts.name &&
        lease.sessionId === sessionOf.get(phoneOf.get(key_id) ?? '') &&
        lease.from - CLOCKS_MS <= openedAt,
    );
    const latest = own.at(-1) ?? null;
    return {
      ...{ worker, key: key_id, first, last, openedAt },
      lease: latest && openedAt <= latest.until + CLOCKS_MS ? latest : null,
      closed: connection.closed_order ?? Number.POSITIVE_INFINITY,
      lastAt: Date.parse(connection.last_message_at ?? connection.opened_at),
      closedAt: connection.closed_at === null ? Number.POSITIVE_INFINITY : Date.parse(connection.closed_at),
    };
  });
}

function workerOf(connection: Connection, workers: readonly ClientWorker[]): ClientWorker | undefined {
  const openedAt = Date.parse(connection.opened_at);
  return workers.find(({ parts }) =>
    parts.centres.some(({ dialed }) =>
      dialed.some(
        ({ localPort, at }) =>
          localPort === connection.client_port && Math.abs(at - openedAt) < SAME_CONNECTION_MS,
      ),
    ),
  );
}

/** Every two connections of one key that belong to different leases, the earlier one first. */
function pairsOf(uses: readonly Use[]): (readonly [Use, Use])[] {
  const ordered = [...uses].sort((one, other) => one.first - other.first);
  return ordered.flatMap((one, at) =>
    ordered
      .slice(at + 1)
      .filter((other) => other.key === one.key && other.lease !== one.lease)
      .map((other) => [one, other] as const),
  );
}

function tell({ worker, lease, openedAt, lastAt, closedAt }: Use): void {
  const time = (at: number) => (Number.isFinite(at) ? new Date(at).toISOString().slice(11, 23) : 'never');
  const of = lease
    ? `lease ${lease.leaseId} of session ${lease.sessionId} from ${time(lease.from)} to ${time(lease.until)}, ` +
      `${lease.lost ? 'lost' : 'given back'}, leasable ${time(lease.leasableFrom)}, next ${time(lease.nextFrom)}`
    : 'no lease';
  const frozen = worker.frozen.map(({ from, until }) => `${time(from)}-${time(until)}`).join(' ');
  process.stdout.write(
    `${worker.parts.name}: opened ${time(openedAt)}, last message ${time(lastAt)}, closed ${time(closedAt)}; ` +
      `${of}; frozen ${frozen || 'never'}\n`,
  );
}
