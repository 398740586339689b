import type { Database } from 'better-sqlite3';

/** The error of one call, in a form that can cross threads. */
export interface CallFailure {
  readonly code: string;
  readonly message: string;
}

export type CallResult = { readonly value: unknown } | { readonly failure: CallFailure };

/** What must be written at the end of a transaction, and discarded if it fails. */
export interface Transactional {
  flush(): void;
  reload(): void;
}

/**
 * Runs calls, one after the other, in one transaction that is on disk when this resolves. If anything fails, the
 * transaction is rolled back and each call gets its own one, so that a failure does not affect the rest. Calls await
 * nothing but the database, which answers at once: the thread does nothing else until the transaction has ended.
 */
export async function runBatch(
  sqlite: Database,
  tables: Transactional,
  calls: readonly (() => unknown)[],
): Promise<CallResult[]> {
  try {
    return await transaction(sqlite, tables, calls);
  } catch (error) {
    if (calls.length === 1) return [{ failure: failure(error) }];
    const results: CallResult[] = [];
    for (const call of calls) {
      results.push(
        await transaction(sqlite, tables, [call]).then(
          ([result]) => result ?? { value: undefined },
          (cause: unknown) => ({ failure: failure(cause) }),
        ),
      );
    }
    return results;
  }
}

async function transaction(
  sqlite: Database,
  tables: Transactional,
  calls: readonly (() => unknown)[],
): Promise<CallResult[]> {
  let interrupted = false;
  const turn = setImmediate(() => {
    interrupted = true;
  });
  sqlite.exec('BEGIN');
  try {
    const results: CallResult[] = [];
    for (const call of calls) {
      const value = call();
      results.push({ value: value instanceof Promise ? await value : value });
    }
    // Other calls could have run inside this transaction, and been answered before it was rolled back.
    if (interrupted) throw new Error('a call awaited more than the database');
    tables.flush();
    sqlite.exec('COMMIT');
    return results;
  } catch (error) {
    if (sqlite.inTransaction) sqlite.exec('ROLLBACK');
    tables.reload();
    throw error;
  } finally {
    clearImmediate(turn);
  }
}

function failure(error: unknown): CallFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNEXPECTED';
  return { code, message: error instanceof Error ? error.message : String(error) };
}
