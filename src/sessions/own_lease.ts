import type { Clock } from '../kernel/clock.js';
import { NotFound, Unavailable } from '../kernel/errors.js';
import { hasEnded } from '../kernel/process_name.js';
import type { PeerService } from '../peers/service.js';
import type { Caller } from '../pool/lease_authorization.js';
import { SessionsDirectoryGone } from '../pool/outcomes.js';
import type { PoolService } from '../pool/service.js';
import type { AcquireRequest, Lease, LeaseRow } from '../pool/store.js';
import { confirmUnregistered } from '../telegram/auth_key_errors.js';
import { isRpcError } from '../telegram/errors.js';
import type { AccountAccess, ConnectedAccount, TelegramGateway } from '../telegram/gateway.js';
import type { AccountAccesses } from './credentials.js';
import { leaseRefusal, secondsToFloodEnd, sessionFlooded } from './refusals.js';
import type { SessionRecord, SessionStore } from './store.js';

/** The holder of the leases that the service takes for itself. */
export const OWN_HOLDER = 'telegate';

/** The service itself, as the holder of a lease. */
export function ownCaller(leaseId: string): Caller {
  return { holder: OWN_HOLDER, admin: false, leaseId, address: null, leaseIds: 'required' };
}

/** What the service itself needs from the pool. */
export type OwnRequest = Pick<
  AcquireRequest,
  'sessionId' | 'method' | 'ttlSeconds' | 'withCredentials' | 'alsoInactive' | 'channels' | 'except'
>;

/** A request for a lease of the service's own. `processName` is that of this process, null where it has none. */
export function ownRequest(wanted: OwnRequest, processName: string | null): Omit<AcquireRequest, 'leaseId'> {
  const anySession = { tags: [], sessionName: null, maxLeases: null };
  return { holder: OWN_HOLDER, address: processName, ...anySession, idempotencyKey: null, ...wanted };
}

/** What ends the service's own leases. */
export interface OwnLeaseEnds {
  readonly pool: Pick<PoolService, 'release'>;
  readonly peers: Pick<PeerService, 'returnReserved'>;
}

/**
 * Releases one of its own leases, with the resolves that it did not use. A revoked one has already ended; any other
 * that can't be released expires.
 */
export async function releaseOwn(
  { pool, peers }: OwnLeaseEnds,
  { sessionId, leaseId }: Pick<Lease, 'sessionId' | 'leaseId'>,
): Promise<void> {
  await peers.returnReserved({ sessionId, leaseId }).catch(() => undefined);
  await pool.release(sessionId, ownCaller(leaseId), null).catch(() => undefined);
}

const PAGE = 500;

/**
 * Ends the leases that killed processes of the service took for themselves, and counts them: at once and without a
 * cool-down, since nothing uses their sessions any more. Where processes share a database, those of processes that
 * have ended on this machine; else all of them. Only for a process that has leased nothing yet.
 */
export async function endAbandonedLeases(pool: PoolService, isShared: boolean): Promise<number> {
  const isAbandoned = ({ processName }: LeaseRow) =>
    !isShared || (processName !== null && hasEnded(processName));
  const abandoned: LeaseRow[] = [];
  for (let skip = 0; ; skip += PAGE) {
    const page = await pool.leasesOf(OWN_HOLDER, { skip, limit: PAGE });
    abandoned.push(...page.filter(isAbandoned));
    if (page.length < PAGE) break;
  }
  for (const { sessionId, leaseId } of abandoned) {
    await pool.release(sessionId, ownCaller(leaseId), null);
  }
  return abandoned.length;
}

/** By how much a lease outlasts its work, in seconds: it must never expire first. */
const MARGIN_SECONDS = 30;

export interface OwnLeaseParts extends OwnLeaseEnds {
  readonly pool: PoolService;
  readonly sessions: SessionStore;
  readonly accesses: AccountAccesses;
  readonly gateway: Pick<TelegramGateway, 'withAccount'>;
  readonly clock: Clock;
  /** Null where this process has none. */
  readonly processName: string | null;
}

/** What the service wants a session for. */
export interface OwnWork {
  /** Telegram's method, such as `users.getUsers`: a session flooded for others matches. Null: none is called. */
  readonly method: string | null;
  /** How long the work may take. */
  readonly seconds: number;
  /** Of any free session: one that knows these channels, or may resolve them. */
  readonly channels?: readonly string[];
}

/** A session that the service works with at Telegram. */
export interface OwnAccount {
  readonly account: ConnectedAccount;
  readonly access: AccountAccess;
  readonly lease: Lease;
}

/** Leases sessions for the service's own work as workers do, so that no session is used twice at once. */
export class OwnLeases {
  readonly #parts: OwnLeaseParts;

  constructor(parts: OwnLeaseParts) {
    this.#parts = parts;
  }

  /**
   * Connects as the session's account while nobody else has the session; a key counts as unregistered only if
   * Telegram says so twice. `seconds` is for each connection. @throws as `during`; Conflict `credentials_unreadable`;
   * BadRequest if no application is known; as the gateway.
   */
  async withAccount<Result>(
    session: SessionRecord,
    { method, seconds }: OwnWork,
    work: (own: OwnAccount) => Promise<Result>,
  ): Promise<Result> {
    const { accesses, gateway } = this.#parts;
    return this.during(session.id, { method, seconds: 2 * seconds }, async (lease) => {
      const access = await accesses.of(session, seconds);
      return confirmUnregistered(gateway, access, (account) => work({ account, access, lease }));
    });
  }

  /**
   * Does the work while nobody else has the session; Telegram errors are reported to the pool as by a worker. @throws
   * NotFound; Conflict `session_in_use` or `session_unavailable`; TooMany during a flood wait; SessionsDirectoryGone;
   * what the work throws.
   */
  async during<Result>(
    sessionId: number,
    { method, seconds }: OwnWork,
    work: (lease: Lease) => Promise<Result>,
  ): Promise<Result> {
    const wanted = { sessionId, method, withCredentials: false, alsoInactive: true };
    const request = ownRequest({ ...wanted, ttlSeconds: seconds + MARGIN_SECONDS }, this.#parts.processName);
    return this.#using(await this.#acquire(sessionId, request), work);
  }

  /**
   * As `withAccount`, with any free session; null: none is free. @throws what the work throws, and as the gateway.
   */
  async withFreeAccount<Result>(
    { method, seconds, channels = [] }: OwnWork,
    work: (own: OwnAccount & { readonly session: SessionRecord }) => Promise<Result>,
  ): Promise<Result | null> {
    const { pool, sessions, accesses, gateway } = this.#parts;
    const wanted = { sessionId: null, method, withCredentials: true, alsoInactive: false, channels };
    const ttlSeconds = 2 * seconds + MARGIN_SECONDS;
    const request = ownRequest({ ...wanted, ttlSeconds }, this.#parts.processName);
    const lease = await pool.acquire(request, 0, null).catch((error: unknown) => {
      if (error instanceof Unavailable && error.code !== 'resolve_budget') return null;
      throw error;
    });
    if (lease === null) return null;
    return this.#using(lease, async () => {
      const session = await sessions.session(lease.sessionId);
      if (!session) throw new NotFound('Session');
      const access = await accesses.of(session, seconds);
      return confirmUnregistered(gateway, access, (account) => work({ account, access, lease, session }));
    });
  }

  async #using<Result>(lease: Lease, work: (lease: Lease) => Promise<Result>): Promise<Result> {
    try {
      return await work(lease);
    } catch (error) {
      if (isRpcError(error)) await this.#report(lease, error.telegramError, error.method);
      throw error;
    } finally {
      await releaseOwn(this.#parts, lease);
    }
  }

  /** `again`: it was refused once although it is free: what was in its way may be gone by now. */
  async #acquire(sessionId: number, request: Omit<AcquireRequest, 'leaseId'>, again = false): Promise<Lease> {
    try {
      return await this.#parts.pool.acquire(request, 0, null);
    } catch (error) {
      if (!(error instanceof Unavailable) || error instanceof SessionsDirectoryGone) throw error;
      const session = await this.#parts.sessions.session(sessionId);
      if (!session) throw new NotFound('Session');
      const refused = leaseRefusal(session, this.#parts.clock.now());
      if (refused) throw refused;
      if (!again) return this.#acquire(sessionId, request, true);
      throw sessionFlooded(session, secondsToFloodEnd(error));
    }
  }

  /** Reported twice if the pool only suspects: Telegram said it on two connections. */
  async #report({ sessionId, leaseId }: Lease, error: string, method: string): Promise<void> {
    const { pool } = this.#parts;
    const caller = ownCaller(leaseId);
    const report = () => pool.report(sessionId, caller, error, method).catch(() => null);
    const reported = await report();
    if (reported?.effect.kind === 'suspect' && reported.state !== 'dead') await report();
  }
}
