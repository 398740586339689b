import type { PoolNotice } from '../../pool/store.js';
import type { ExpectedDatabase } from '../database.js';
import type { Stores } from '../repositories/repositories.js';
import type { CallResult } from './batch.js';
import type { OpenDatabase } from './open.js';

/** What the database thread opens. */
export interface ThreadOptions {
  readonly path: string;
  readonly migrations: string;
  /** By default, nothing is expected. */
  readonly expected?: ExpectedDatabase;
  /** Opens the file next to the service that uses it, for a command that changes no session. */
  readonly beside?: boolean;
  /** The maximum number of calls per transaction; 1 to measure the gain of group commit. */
  readonly maxBatch?: number;
}

/** One call of a store's operation. */
export type Call = readonly [store: keyof Stores, operation: string, args: readonly unknown[]];

/** The names of each store's operations. */
export type Operations = readonly (readonly [store: keyof Stores, names: readonly string[]])[];

/** The thread's messages: it is ready, it failed, the results of a batch, or the file is closed. */
export type Answer =
  | ({ readonly kind: 'ready'; readonly operations: Operations } & Pick<OpenDatabase, 'checked' | 'replaced'>)
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
