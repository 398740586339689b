import { SecretUnreadable, VaultError } from '../../access/vault_errors.js';
import type { ClockReading } from '../../kernel/clock.js';
import {
  BadGateway,
  BadRequest,
  Conflict,
  DatabaseDamaged,
  Failed,
  GatewayTimeout,
  NotFound,
  TooMany,
  Unavailable,
} from '../../kernel/errors.js';
import { ErrorPassing } from '../../kernel/passed_errors.js';
import type { ProxyAddress } from '../../kernel/proxy.js';
import { methodsOf } from '../../kernel/rpc.js';
import { ResolveBudgetSpent } from '../../peers/service.js';
import { SessionsDirectoryGone } from '../../pool/outcomes.js';
import type { Lease } from '../../pool/store.js';
import { type ExecuteRun, LeaseLost, RunCancelled, RunLost, ServiceStopping } from '../../runs/engine.js';
import {
  TelegramFlood,
  TelegramRefused,
  TelegramTimeout,
  TelegramUnreachable,
} from '../../telegram/errors.js';
import type { DcKey, GatewayLimits } from '../../telegram/gateway.js';
import type { NetworkDefinition } from '../../telegram/network.js';
import type { ScrapingLimits } from '../run_executor.js';
import type { SessionRequest } from '../run_leases.js';
import type {
  RunAccesses,
  RunBots,
  RunPeers,
  RunPool,
  RunRecords,
  RunSessions,
  RunSources,
} from '../service_ports.js';
import { SinkFailed } from '../sinks/failures.js';
import type { SinkParts } from '../sinks/open_sink.js';

/** The first message to the run thread: what stays the same for all runs. */
export interface RunThreadTask {
  readonly targets: SinkParts['config'];
  readonly limits: ScrapingLimits;
  readonly network: NetworkDefinition;
  readonly telegramLimits: Partial<GatewayLimits>;
  /** Null: bots connect directly. */
  readonly botProxy: ProxyAddress | null;
  readonly clock: ClockReading;
}

/** What the run thread does. */
export interface RunThreadCalls {
  readonly execute: ExecuteRun;
  /** The service's clock shows this. That it returns says that the thread does not hang. */
  follow(reading: ClockReading): Promise<void>;
  /** An acquire of this number begins to wait for a session. */
  waiting(acquire: number): Promise<void>;
  /** Hangs up on Telegram. No run may be under way. */
  end(): Promise<void>;
}

/** Leases for the run thread. They are held, that is renewed, from the moment that they are granted. */
export interface LeaseCalls {
  /** As `RunLeasing.acquire`; `waitSeconds` null: does not wait. `number` is told by `waiting`. */
  acquire(
    number: number,
    request: SessionRequest,
    waitSeconds: number | null,
    signal: AbortSignal,
  ): Promise<Lease | null>;
  /** Resolves when the lease is released; rejects with LeaseLost when it ends before that. */
  held(leaseId: string): Promise<void>;
  /** Where this fails, the lease expires. Never rejects. */
  release(leaseId: string): Promise<void>;
}

/** What the service does for the run thread, by object. */
export interface ServiceCalls {
  readonly runs: RunRecords;
  readonly peers: RunPeers;
  readonly sources: RunSources;
  readonly sessions: RunSessions;
  readonly pool: RunPool;
  readonly accesses: RunAccesses;
  readonly bots: RunBots;
  readonly leases: LeaseCalls;
  readonly changes: { changed(runId: number): void };
}

export const RUN_THREAD_METHODS = methodsOf<RunThreadCalls>({
  execute: true,
  follow: true,
  waiting: true,
  end: true,
});

export const SERVICE_METHODS = {
  runs: methodsOf<RunRecords>({
    run: true,
    mark: true,
    log: true,
    checkpoint: true,
    store: true,
    storedAs: true,
    saveSessions: true,
    saveTotal: true,
  }),
  peers: methodsOf<RunPeers>({
    known: true,
    keep: true,
    takeResolve: true,
    refused: true,
    resolvesLeft: true,
  }),
  sources: methodsOf<RunSources>({ source: true, fillTitle: true }),
  sessions: methodsOf<RunSessions>({ session: true }),
  pool: methodsOf<RunPool>({ counts: true, demand: true, report: true, setAside: true }),
  accesses: methodsOf<RunAccesses>({ of: true }),
  bots: methodsOf<RunBots>({ of: true, keep: true }),
  leases: methodsOf<LeaseCalls>({ acquire: true, held: true, release: true }),
};

/** The errors that the execution of a run decides by, or that decide what becomes of it. */
export const RUN_ERRORS = new ErrorPassing([
  ...[
    BadGateway,
    BadRequest,
    Conflict,
    DatabaseDamaged,
    Failed,
    GatewayTimeout,
    NotFound,
    TooMany,
    Unavailable,
  ],
  ...[ResolveBudgetSpent, SecretUnreadable, VaultError, SessionsDirectoryGone, SinkFailed],
  ...[TelegramFlood, TelegramRefused, TelegramTimeout, TelegramUnreachable],
  ...[LeaseLost, RunCancelled, RunLost, ServiceStopping],
]);

/** A key that came from another thread: a Buffer arrives as a plain Uint8Array. */
export function receivedKey(key: DcKey): DcKey {
  return { ...key, authKey: Buffer.from(key.authKey) };
}
