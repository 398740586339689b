import { Counter, type Registry } from 'prom-client';
import type { Logger } from 'winston';
import type { ApiKey } from '../kernel/api_key.js';
import { exactAddress } from '../kernel/client_address.js';
import type { Clock } from '../kernel/clock.js';
import type { Caller, LeaseIdMode } from './lease_authorization.js';

/** The calls that may omit the lease id. */
export type CallWithoutLeaseId = 'release' | 'invalidate' | 'floodwait';

export interface LeaseIdParts {
  readonly mode: LeaseIdMode;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** The origin of a request, as Express reports it. */
interface Client {
  readonly ip?: string | undefined;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/** How often a key's calls without a lease id are logged, in milliseconds. */
const LOG_EVERY_MS = 3_600_000;

/** For how many keys the last log time is remembered. */
const MAX_KEYS = 1000;

/** Reports which keys send calls without a lease id, so that an operator knows when they can be refused. */
export class LeaseIds {
  readonly #parts: LeaseIdParts;
  readonly #calls: Counter<'call'>;
  readonly #loggedAt = new Map<string, number>();

  constructor(parts: LeaseIdParts) {
    this.#parts = parts;
    this.#calls = new Counter({
      name: 'telegate_calls_without_lease_id_total',
      help: 'Calls that named a session without its lease_id',
      labelNames: ['call'],
      registers: [parts.registry],
    });
  }

  /** The caller of a request by `key`; `call`: a call that may omit the lease id. */
  caller(key: ApiKey, client: Client, leaseId: string | undefined, call?: CallWithoutLeaseId): Caller {
    if (leaseId === undefined && call) this.#note(call, key);
    const { holder, role } = key;
    const address = exactAddress(client.ip, client.socket.remoteAddress);
    const { mode: leaseIds } = this.#parts;
    return { holder, admin: role === 'admin', leaseId: leaseId ?? null, address, leaseIds };
  }

  #note(call: CallWithoutLeaseId, { holder, name }: ApiKey): void {
    this.#calls.inc({ call });
    const { clock, logger, mode } = this.#parts;
    const now = clock.now();
    if (now - (this.#loggedAt.get(holder) ?? Number.NEGATIVE_INFINITY) < LOG_EVERY_MS) return;
    this.#loggedAt.delete(holder);
    const [oldest] = this.#loggedAt.keys();
    if (this.#loggedAt.size >= MAX_KEYS && oldest !== undefined) this.#loggedAt.delete(oldest);
    this.#loggedAt.set(holder, now);
    logger.warn('calls without lease_id', { call, holder, key: name, lease_id: mode });
  }
}
