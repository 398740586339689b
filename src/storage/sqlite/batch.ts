import type { Database } from 'better-sqlite3';

/** What went wrong with one call, in a form that crosses threads. */
export interface CallFailure {
  readonly code: string;
  readonly message: string;
}

export type CallResult = { readonly value: unknown } | { readonly failure: CallFailure };

/** What must be written with the last call of a transaction, and forgotten with one that failed. */
export interface Transactional {
  flush(): void;
  reload(): void;
}

/**
 * Runs calls in one transaction that is on disk when this returns. If anything fails, the transaction is
 * undone and each call gets one of its own, so that a failure spares the rest.
 */
export function runBatch(
  sqlite: Database,
  tables: Transactional,
  calls: readonly (() => unknown)[],
): CallResult[] {
  try {
    return transaction(sqlite, tables, () => calls.map((call) => ({ value: call() })));
  } catch (error) {
    if (calls.length === 1) return [{ failure: failure(error) }];
    return calls.map((call) => {
      try {
        return transaction(sqlite, tables, () => ({ value: call() }));
      } catch (cause) {
        return { failure: failure(cause) };
      }
    });
  }
}

function transaction<Result>(sqlite: Database, tables: Transactional, work: () => Result): Result {
  sqlite.exec('BEGIN');
  try {
    const result = work();
    tables.flush();
    sqlite.exec('COMMIT');
    return result;
  } catch (error) {
    if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
    tables.reload();
    throw error;
  }
}

function failure(error: unknown): CallFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNEXPECTED';
  return { code, message: error instanceof Error ? error.message : String(error) };
}
