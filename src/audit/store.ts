import type { Page } from '../kernel/page.js';

/** `failed`: it broke off with an error of the service's own, and may have been done in part. */
export const AUDIT_OUTCOMES = ['done', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** What was done with an admin's key. Never a secret. `at`: milliseconds on the service's clock. */
export interface AuditEntry {
  readonly at: number;
  /** The key, as leases and history name it. */
  readonly holder: string;
  readonly keyName: string;
  /** The client's; null: it was done on the command line. */
  readonly address: string | null;
  readonly requestId: string | null;
  /** Such as `session.delete`. */
  readonly action: string;
  /** What it was done to, such as `session:42`; null: to no one thing. */
  readonly object: string | null;
  readonly outcome: AuditOutcome;
}

/** An entry that is kept. */
export interface AuditRow extends AuditEntry {
  readonly id: number;
}

/** Which entries: all that match what is given. */
export interface AuditFilter {
  readonly action: string | null;
  readonly object: string | null;
}

/** The audit log: entries are added, and dropped when they are old; none is ever changed. */
export interface AuditStore {
  /** Resolves once the entry is on disk. @throws Unavailable. */
  add(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  entries(filter: AuditFilter, page: Page): Promise<AuditRow[]>;
  count(filter: AuditFilter): Promise<number>;
  /** Drops at most `limit` entries older than `before`, the oldest first; resolves to how many there were. */
  prune(before: number, limit: number): Promise<number>;
}
