import type { Order, Page } from '../kernel/page.js';

/** `failed`: it ended with an internal error, and may have been done partially. */
export const AUDIT_OUTCOMES = ['done', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** An action with an admin key. Never contains a secret. `at`: milliseconds on the service's clock. */
export interface AuditEntry {
  readonly at: number;
  /** The key, by its name in leases and history. */
  readonly holder: string;
  readonly keyName: string;
  /** The client's address; null: done on the command line. */
  readonly address: string | null;
  readonly requestId: string | null;
  /** Such as `session.delete`. */
  readonly action: string;
  /** Its object, such as `session:42`; null: no single object. */
  readonly object: string | null;
  readonly outcome: AuditOutcome;
}

/** A stored entry. */
export interface AuditRow extends AuditEntry {
  readonly id: number;
}

/** A filter: entries must match everything that is given. */
export interface AuditFilter {
  readonly action: string | null;
  readonly object: string | null;
  /** The key, by its name in leases and history. */
  readonly holder?: string | null;
  readonly outcome?: AuditOutcome | null;
  /** It is part of the key's name, the action, the object, the address or the request id. */
  readonly q?: string | null;
}

/** What entries can be sorted by: their time, which is the order in which they were added. */
export const AUDIT_ORDERS = ['at'] as const;
export type AuditOrder = Order<(typeof AUDIT_ORDERS)[number]>;

/** The audit log: entries are added, and deleted when they are old; none is ever changed. */
export interface AuditStore {
  /** Resolves once the entry is on disk. @throws Unavailable. */
  add(entry: AuditEntry): Promise<void>;
  /** Newest first, unless another order is given. */
  entries(filter: AuditFilter, page: Page, order?: AuditOrder): Promise<AuditRow[]>;
  count(filter: AuditFilter): Promise<number>;
  /** Deletes at most `limit` entries older than `before`, oldest first; resolves to how many. */
  prune(before: number, limit: number): Promise<number>;
}
