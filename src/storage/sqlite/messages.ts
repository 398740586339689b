import type { PoolNotice } from '../../pool/store.js';
import type { ExpectedDatabase } from '../database.js';
import type { CallResult } from './batch.js';
import type { OpenDatabase } from './open.js';

/** What the database thread opens. */
export interface ThreadOptions {
  readonly path: string;
  readonly migrations: string;
  /** Unless given, nothing is expected. */
  readonly expected?: ExpectedDatabase;
  /** Opens the file beside the service that has it, for a command that changes no session. */
  readonly beside?: boolean;
  /** Calls that one transaction takes at the most; 1, to measure what sharing one brings. */
  readonly maxBatch?: number;
}

/** One call of a table's operation. */
export type Call = readonly [
  table: 'pool' | 'intake' | 'access' | 'audit' | 'sessions' | 'logins' | 'sources' | 'runs',
  operation: string,
  args: readonly unknown[],
];

/** What the thread says: that it is ready, that it can't be, how a batch of calls went, or that the file is closed. */
export type Answer =
  | ({ readonly kind: 'ready' } & Pick<OpenDatabase, 'checked' | 'replaced'>)
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'batch';
      readonly results: readonly CallResult[];
      readonly notices: readonly PoolNotice[];
      /** Sessions that became free. */
      readonly freed: number;
      /** The next deadline, in milliseconds on the service's clock; Infinity: none. */
      readonly nextDeadline: number;
    };
