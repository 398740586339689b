import type { StoredProxy } from '../kernel/proxy.js';

/** A current lease whose holder connects through the fence. */
export interface FencedLease {
  readonly sessionId: number;
  readonly sessionName: string;
  readonly leaseId: string;
  readonly holder: string;
  /** Milliseconds on the service's clock. */
  readonly expiresAt: number;
  /** The session's own proxy; its password is encrypted. */
  readonly proxy: StoredProxy | null;
}

/** What went through the fence for one lease, at one replica. */
export interface EgressUse {
  readonly lease: Pick<FencedLease, 'sessionId' | 'sessionName' | 'leaseId' | 'holder'>;
  /** How many connections were made in all. */
  readonly connections: number;
  /** From the worker to Telegram. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** What the fence reads and writes. Each call is one transaction. Both reject with `Unavailable`. */
export interface EgressStore {
  /** Of these sessions, those leased at `now` to a holder that connects through the fence. */
  fencedLeases(sessionIds: readonly number[], now: number): Promise<FencedLease[]>;
  /** Adds entries to the histories of the sessions. */
  recordEgress(uses: readonly EgressUse[], now: number): Promise<void>;
}
