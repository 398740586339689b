import type { NamedDatabase } from '../target.js';
import { withoutAnchor } from './clock_anchor.js';
import { CopyFailed } from './copy_failed.js';
import type { CopySource, CopyTarget } from './ends.js';
import { refuseSameFile } from './same_file.js';
import { type CopiedRows, type CopySurroundings, copyTables, verifyTables } from './steps.js';

/**
 * Copies all that a service keeps into an empty database, of the same kind or the other, and compares every row
 * with its source before anything of it is to be seen: all is copied, or nothing. Times are copied as they are.
 *
 * @throws DatabaseRefused before anything was changed; CopyFailed; the signal's reason.
 */
export async function copyDatabase(
  from: NamedDatabase,
  to: NamedDatabase,
  around: CopySurroundings,
): Promise<CopiedRows[]> {
  if (from.kind === 'sqlite' && to.kind === 'sqlite') refuseSameFile(from.file, to.file);
  const opened = await openSource(from);
  // A file's clock goes on in a file; PostgreSQL is its own clock.
  const source = from.kind === 'sqlite' && to.kind === 'sqlite' ? opened : withoutAnchor(opened);
  try {
    const target = await openTarget(to, source.mark);
    const copied = await orUndone(target, async () => {
      const rows = await copyTables(source, target, around);
      await target.settle();
      await verifyTables(source, target, around);
      return rows;
    });
    await keep(target);
    return copied;
  } finally {
    await opened.close();
  }
}

async function openSource(from: NamedDatabase): Promise<CopySource> {
  if (from.kind === 'sqlite') return (await import('./sqlite_source.js')).openSqliteSource(from.file);
  return (await import('./postgres_source.js')).openPostgresSource(from.url);
}

async function openTarget(to: NamedDatabase, mark: string | null): Promise<CopyTarget> {
  if (to.kind === 'sqlite') return (await import('./sqlite_target.js')).openSqliteTarget(to.file);
  return (await import('./postgres_target.js')).openPostgresTarget(to.url, mark);
}

async function orUndone<Result>(target: CopyTarget, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    await target.undo();
    if (error instanceof CopyFailed) throw new CopyFailed(`${error.message} Nothing of it was kept.`);
    throw error;
  }
}

async function keep(target: CopyTarget): Promise<void> {
  try {
    await target.keep();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CopyFailed(
      `The copy is whole, but may not have been kept (${why}): see whether the target has rows before it is made again.`,
      { cause: error },
    );
  }
}
