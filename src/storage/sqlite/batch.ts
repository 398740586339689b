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
 * Runs calls, one after the other, in one transaction that is on disk when this resolves. If anything fails, the
 * transaction is undone and each call gets one of its own, so that a failure spares the rest. Calls await nothing
 * but the database, which answers at once: the thread does nothing else until the transaction has ended.
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
    // Others' calls could have run inside this transaction, and been answered with it undone.
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
