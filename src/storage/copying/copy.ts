import { statSync } from 'node:fs';
import { DatabaseRefused } from '../database.js';
import type { NamedDatabase } from '../database_url.js';
import { CopyFailed, type CopySource, type CopyTarget } from './ends.js';
import { type CopiedRows, type CopySurroundings, copyTables, verifyTables, withoutAnchor } from './steps.js';

/**
 * Copies everything that a service stores into an empty database, of the same kind or the other, and compares every
 * row with its source before anything becomes visible: all or nothing. Times are copied unchanged. `replace`: the
 * target need not be empty; a file is moved aside, rows of a server are deleted.
 *
 * @throws DatabaseRefused before anything is changed; CopyFailed; the signal's reason.
 */
export async function copyDatabase(
  from: NamedDatabase,
  to: NamedDatabase,
  around: CopySurroundings & { readonly replace?: boolean },
): Promise<CopiedRows[]> {
  if (from.kind === 'sqlite' && to.kind === 'sqlite') refuseSameFile(from.file, to.file);
  const opened = await openSource(from);
  // A file's clock continues in a file; PostgreSQL is its own clock.
  const source = from.kind === 'sqlite' && to.kind === 'sqlite' ? opened : withoutAnchor(opened);
  try {
    return await copyInto(await openTarget(to, source.mark, around.replace), source, around);
  } finally {
    await opened.close();
  }
}

/**
 * Copies one snapshot of a database into a new SQLite file, while services use the database, and compares every row.
 *
 * @throws DatabaseRefused; CopyFailed; the signal's reason.
 */
export async function copySnapshot(
  from: NamedDatabase,
  toFile: string,
  around: CopySurroundings,
): Promise<CopiedRows[]> {
  const opened = await openSnapshot(from);
  const source = from.kind === 'sqlite' ? opened : withoutAnchor(opened);
  try {
    return await copyInto(await openTarget({ kind: 'sqlite', file: toFile }, null), source, around);
  } finally {
    await opened.close();
  }
}

/**
 * Checks the target of a copy before it begins, and changes nothing.
 * @throws DatabaseRefused if it is in use or, unless it is to be replaced, is not empty.
 */
export async function checkTarget(
  to: NamedDatabase,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  if (to.kind === 'sqlite') return (await import('./sqlite_end.js')).checkSqliteTarget(to.file, replace);
  return (await import('./postgres_end.js')).checkPostgresTarget(to.url, replace);
}

async function copyInto(
  target: CopyTarget,
  source: CopySource,
  around: CopySurroundings,
): Promise<CopiedRows[]> {
  const copied = await orUndone(target, async () => {
    const rows = await copyTables(source, target, around);
    await verifyTables(source, target, around);
    return rows;
  });
  await keep(target);
  return copied;
}

async function openSource(from: NamedDatabase): Promise<CopySource> {
  if (from.kind === 'sqlite') return (await import('./sqlite_end.js')).openSqliteSource(from.file);
  return (await import('./postgres_end.js')).openPostgresSource(from.url);
}

async function openSnapshot(from: NamedDatabase): Promise<CopySource> {
  if (from.kind === 'sqlite') return (await import('./sqlite_end.js')).openSqliteSnapshot(from.file);
  return (await import('./postgres_end.js')).openPostgresSnapshot(from.url);
}

async function openTarget(to: NamedDatabase, mark: string | null, replace = false): Promise<CopyTarget> {
  if (to.kind === 'sqlite') return (await import('./sqlite_end.js')).openSqliteTarget(to.file, replace);
  return (await import('./postgres_end.js')).openPostgresTarget(to.url, mark, replace);
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
      `The copy is complete, but may not have been committed (${why}): check whether the target has rows before you copy again.`,
      { cause: error },
    );
  }
}

/** @throws DatabaseRefused if both paths lead to the same file, through any links. */
function refuseSameFile(from: string, to: string): void {
  const one = statSync(from, { throwIfNoEntry: false, bigint: true });
  const other = statSync(to, { throwIfNoEntry: false, bigint: true });
  const same = one && other ? one.dev === other.dev && one.ino === other.ino : from === to;
  if (same) throw new DatabaseRefused(`${to} is the source of the copy itself.`);
}
