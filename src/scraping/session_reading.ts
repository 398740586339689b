import { SecretUnreadable } from '../access/vault.js';
import type { Clock } from '../clock.js';
import { NotFound } from '../errors.js';
import type { PoolService } from '../pool/service.js';
import type { Lease } from '../pool/store.js';
import type { AccountAccesses } from '../sessions/credentials.js';
import { OWN_HOLDER, ownCaller } from '../sessions/own_lease.js';
import type { SessionStore } from '../sessions/store.js';
import { isRpcError } from '../telegram/errors.js';
import type { TelegramGateway } from '../telegram/gateway.js';
import type { Timers } from '../timers.js';
import { afterError, type NextStep } from './after_error.js';
import { ChannelPeers } from './channel_peer.js';
import { type Course, readWith, storeNew } from './course.js';
import type { RunOutcome } from './engine.js';
import type { RunLeases } from './run_lease.js';
import type { RunLog } from './run_log.js';
import type { RunStore } from './store.js';

export interface SessionReadingParts {
  readonly runs: RunStore;
  readonly sessions: SessionStore;
  readonly pool: PoolService;
  readonly leases: RunLeases;
  readonly accesses: AccountAccesses;
  readonly gateway: TelegramGateway;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A flood wait of at most so many seconds is slept through. */
  readonly limits: { readonly floodSleepMaxSeconds: number };
}

/** Reads a source with one session. */
export class SessionReading {
  readonly #parts: SessionReadingParts;
  readonly #peers: ChannelPeers;
  readonly #log: RunLog;

  constructor(parts: SessionReadingParts, log: RunLog) {
    this.#parts = parts;
    this.#log = log;
    this.#peers = new ChannelPeers(parts.runs, parts.clock);
  }

  /** Reads with one session, until all is read or another must take its place; null: another must. */
  async with(course: Course, lease: Lease): Promise<RunOutcome | null> {
    const { run, signal } = course;
    const { runs, leases, clock, timers } = this.#parts;
    await runs.mark(run.id, run.owner, 'running', lease.sessionName, clock.now());
    await this.#log.write(run.id, 'info', `reads with ${lease.sessionName}`);
    return leases.during(lease, signal, async (leased) => {
      const reader = {
        read: (anew: boolean) => this.#read(course, lease, anew, leased),
        judge: (error: unknown, anew: boolean) => this.#judge(course, lease, error, anew),
      };
      return readWith(reader, course, timers, leased);
    });
  }

  /** Reads what is new, to its end. */
  async #read(course: Course, lease: Lease, anew: boolean, signal: AbortSignal): Promise<void> {
    const { sessions, accesses, gateway } = this.#parts;
    const session = await sessions.session(lease.sessionId);
    if (!session) throw new NotFound('Session');
    const access = { ...(await accesses.of(session, null)), signal };
    await gateway.withAccount(access, async (account) => {
      const peer = await this.#peers.find(account, lease, course.source.identifier, anew);
      await storeNew(course, account, peer, signal);
    });
  }

  /** What is to be done about an error; the pool is told what Telegram said. @throws what is none of Telegram's. */
  async #judge(course: Course, lease: Lease, error: unknown, resolvedAnew: boolean): Promise<NextStep> {
    const { pool, limits } = this.#parts;
    const { floodSleepMaxSeconds } = limits;
    if (error instanceof SecretUnreadable) return this.#setAside(course, lease, error);
    const anySession = course.source.sessionId === null;
    const step = afterError(error, { floodSleepMaxSeconds, anySession, resolvedAnew });
    if (step === null) throw error;
    const said = error instanceof Error ? error.message : String(error);
    await this.#log.write(course.run.id, 'warning', `${lease.sessionName}: ${said}`);
    if (step.kind !== 'swap' || !isRpcError(error)) return step;
    const caller = ownCaller(lease.leaseId);
    const told = await pool
      .report(lease.sessionId, caller, error.telegramError, error.method)
      .catch(() => null);
    if (told?.effect.kind === 'none') course.notLetIn.add(lease.sessionId);
    return step;
  }

  /** No key opens what the session needs: it leaves the pool, and another one goes on. */
  async #setAside(course: Course, lease: Lease, { message }: SecretUnreadable): Promise<NextStep> {
    const { sessionName } = lease;
    await this.#log.write(course.run.id, 'warning', `${sessionName} is of no use: ${message}`);
    await this.#parts.pool.setAside(lease, OWN_HOLDER, message);
    if (course.source.sessionId === null) return { kind: 'swap' };
    return { kind: 'fail', message: `${sessionName}: ${message}` };
  }
}
