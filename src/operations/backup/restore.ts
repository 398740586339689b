import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Config } from '../../config.js';
import { existingDirectory, freeBytes, isDiskFull } from '../../kernel/disk_full.js';
import { writePrivateFile } from '../../kernel/private_files.js';
import { checkTarget, copyDatabase } from '../../storage/copying/copy.js';
import { type EndedLeases, endLeases } from '../../storage/copying/ended_leases.js';
import { TargetOccupied } from '../../storage/copying/ends.js';
import { markRestored, restoreMarkOf, sessionNamesIn } from '../../storage/copying/restore_mark.js';
import { DatabaseRefused } from '../../storage/database.js';
import { isNewerSchema, migrateToNewest } from '../../storage/migrate.js';
import { OperationRefused } from '../refused.js';
import { extractParts, verifyArchive } from './archive_reader.js';
import { DATABASE, type Manifest, SESSIONS } from './manifest.js';
import { planKeys, type RestoredKeys } from './restored_keys.js';
import {
  hiddenDirectory,
  isSessionPath,
  sessionFilesIn,
  sessionNameOf,
  withSideFiles,
} from './session_files.js';
import {
  type Move,
  openStaging,
  placeOf,
  type RestorePlan,
  type Staging,
  settleRestore,
} from './unfinished_restore.js';

/** Where a backup is restored to, and how. */
export interface RestoreOptions {
  readonly config: Config;
  /** The archive. */
  readonly file: string;
  /** Whether what is there is replaced: files are moved aside, rows of PostgreSQL are deleted. */
  readonly force: boolean;
  /**
   * The maximum time for which a lease may have been granted after the backup, in seconds: sessions cool down for it.
   * Null: no worker holds a session.
   */
  readonly holdSeconds: number | null;
  /** Asked only if the keys of the archive are needed. */
  readonly passphrase: () => Promise<string>;
  /** If aborted before the database is replaced, nothing is changed. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** Called when an earlier restore, which was interrupted, has been completed: this one replaces what it restored. */
  readonly onEarlierCompleted?: () => void;
  /** The free space on the disk of a directory, in bytes. */
  readonly freeBytes?: (directory: string) => number;
}

/** What was restored. */
export interface Restored {
  readonly manifest: Manifest;
  readonly leases: EndedLeases;
  readonly keys: RestoredKeys;
  /** Null: this machine keeps no session files, or the backup has none. */
  readonly sessionFiles: number | null;
  /** Where files that were replaced are. */
  readonly movedAside: readonly string[];
  /** Session files that the database does not know, which may be leased elsewhere; null: there are none. */
  readonly heldBack: { readonly directory: string; readonly files: number } | null;
}

/**
 * Restores a backup: the database into the one of the settings, of either kind, session files into SESSIONS_DIR, and
 * the encryption keys if they are in it and missing here. All checksums are compared first. No service may be running.
 * Whenever it is killed, either nothing was changed, or `settleRestore` completes it.
 * @throws OperationRefused, DatabaseRefused, CopyFailed; the signal's reason.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { config, signal, onProgress } = options;
  const file = resolve(options.file);
  await settleEarlier(file, options);
  onProgress('comparing checksums');
  const manifest = await verifyArchive(file, { signal, maxBytes: roomFor(options) });
  refuseUnfit(file, manifest);
  await refuseTarget(options);
  refusePresent(options, manifest.session_files === null ? [] : presentSessions(config));
  const keys = await planKeys(file, manifest, options);
  const staging = await openStaging(config);
  let begun: RestorePlan | null = null;
  try {
    await extract(file, manifest, staging, options);
    const id = randomUUID();
    const leases = await prepareDatabase(file, staging, id, options);
    const { plan, ...moved } = await planMoves(id, { staging, manifest, keys }, options);
    if (keys.content !== null) await writePrivateFile(staging.key, keys.content);
    signal.throwIfAborted();
    await staging.plan(plan);
    begun = plan;
    await replaceDatabase(plan, staging, options);
    await staging.finish(plan);
    await staging.clear();
    return { manifest, leases, keys, ...moved };
  } catch (error) {
    if (begun !== null && !(await isUndone(begun, config))) throw unfinished(error);
    await staging.clear();
    throw error;
  } finally {
    staging.release();
  }
}

/** Ends an earlier restore that was interrupted. @throws OperationRefused if that leaves nothing to be restored. */
async function settleEarlier(
  file: string,
  { config, force, onEarlierCompleted }: RestoreOptions,
): Promise<void> {
  if ((await settleRestore(config)) !== 'finished') return;
  if (force) return onEarlierCompleted?.();
  throw new OperationRefused(
    'An earlier restore was interrupted when the database was in place already: it is complete now. Start the service; ' +
      `to restore ${file} over it, use --force.`,
  );
}

/** How much there is room for, in bytes. */
function roomFor({ config, freeBytes: free = freeBytes }: RestoreOptions): number {
  const places = [config.dataDir, ...(config.syncs ? [config.sessionsDir] : [])];
  return places.reduce((sum, place) => sum + free(existingDirectory(place)), 0);
}

/** @throws OperationRefused for a backup that this version can't restore. */
function refuseUnfit(file: string, manifest: Manifest): void {
  if (isNewerSchema(manifest.database.migrated_at)) {
    throw new OperationRefused(
      `${file} was made by a newer version of TeleGate (${manifest.version}): restore it with that one. Nothing was changed.`,
    );
  }
  const strange = sessionPaths(manifest).find((path) => !isSessionPath(path));
  const hasDatabase = manifest.parts.some(({ name }) => name === DATABASE);
  if (strange === undefined && hasDatabase) return;
  throw new OperationRefused(`${file} is not a backup of TeleGate. Nothing was changed.`);
}

function sessionPaths({ parts }: Manifest): string[] {
  return parts
    .map(({ name }) => name)
    .filter((name) => name.startsWith(SESSIONS))
    .map((name) => name.slice(SESSIONS.length));
}

/** @throws DatabaseRefused if the database is in use; OperationRefused if it is not empty, and is not to be replaced. */
async function refuseTarget({ config: { database }, force }: RestoreOptions): Promise<void> {
  try {
    await checkTarget(database, { replace: force });
  } catch (error) {
    if (!(error instanceof TargetOccupied)) throw error;
    const what = database.kind === 'sqlite' ? 'moves that file aside' : 'deletes its rows (back it up first)';
    throw new OperationRefused(
      `${error.why} Nothing was changed: restore into a new database (DATABASE_URL), or use --force, which ${what}.`,
    );
  }
}

function presentSessions(config: Config): string[] {
  return config.syncs ? sessionFilesIn(config) : [];
}

/** @throws OperationRefused unless these session files may be moved aside. */
function refusePresent({ config, force }: RestoreOptions, inTheWay: readonly string[]): void {
  if (inTheWay.length === 0 || force) return;
  throw new OperationRefused(
    `${config.sessionsDir} is not empty: it has ${inTheWay.length} session files. Nothing was changed: restore into an ` +
      'empty SESSIONS_DIR, or use --force, which moves them aside.',
  );
}

async function extract(
  file: string,
  manifest: Manifest,
  staging: Staging,
  { config, signal, onProgress }: RestoreOptions,
): Promise<void> {
  let count = 0;
  await extractParts(file, manifest, {
    signal,
    placeOf(name) {
      if (name === DATABASE) return join(staging.path, DATABASE);
      if (!name.startsWith(SESSIONS) || !config.syncs) return null;
      count += 1;
      onProgress(`session files: ${count}`);
      return join(staging.sessions, name.slice(SESSIONS.length));
    },
  });
}

/** Prepares the copy of the database that was unpacked. @throws OperationRefused if it is none. */
async function prepareDatabase(
  archive: string,
  { path }: Staging,
  id: string,
  { config: { database }, holdSeconds }: RestoreOptions,
): Promise<EndedLeases> {
  const file = join(path, DATABASE);
  try {
    await migrateToNewest({ kind: 'sqlite', file });
  } catch (error) {
    if (!(error instanceof DatabaseRefused) || isDiskFull(error, path)) throw error;
    throw new OperationRefused(
      `${archive} is damaged (its database can't be used): use another backup. Nothing was changed.`,
      { cause: error },
    );
  }
  markRestored(file, id);
  return endLeases(file, database, holdSeconds);
}

/**
 * What follows once the database is replaced. A session file that the database does not know was added when the backup
 * was made, or later: the service would take it for a new session and lease it at once, though a worker may hold it.
 * @throws OperationRefused if session files are in the way.
 */
async function planMoves(
  id: string,
  {
    staging,
    manifest,
    keys,
  }: { readonly staging: Staging; readonly manifest: Manifest; readonly keys: RestoredKeys },
  options: RestoreOptions,
): Promise<Pick<Restored, 'sessionFiles' | 'movedAside' | 'heldBack'> & { readonly plan: RestorePlan }> {
  const { config, holdSeconds } = options;
  const { sessionsDir } = config;
  const names = sessionNamesIn(join(staging.path, DATABASE));
  const isSafe = (path: string) => holdSeconds === null || names.has(sessionNameOf(path) ?? '');
  const replaces = manifest.session_files !== null;
  const present = presentSessions(config).filter((path) => replaces || !isSafe(path));
  refusePresent(options, present);
  const aside = await hiddenDirectory(sessionsDir, 'replaced');
  const unknownTo = await hiddenDirectory(sessionsDir, 'unknown');
  const files = config.syncs ? sessionPaths(manifest) : [];
  const [known, unknown] = [files.filter(isSafe), files.filter((path) => !isSafe(path))];
  const moves: Move[] = [
    { from: sessionsDir, to: aside, paths: withSideFiles(present) },
    { from: staging.sessions, to: sessionsDir, paths: known },
    { from: staging.sessions, to: unknownTo, paths: unknown },
  ].filter(({ paths }) => paths.length > 0);
  return {
    plan: { id, database: placeOf(config), key_aside: keys.aside, moves },
    sessionFiles: config.syncs && replaces ? known.length : null,
    movedAside: [...(present.length > 0 ? [aside] : []), ...(keys.aside === null ? [] : [keys.aside])],
    heldBack: unknown.length > 0 ? { directory: unknownTo, files: unknown.length } : null,
  };
}

async function replaceDatabase(
  { id }: RestorePlan,
  { path }: Staging,
  { config, force, signal, onProgress }: RestoreOptions,
): Promise<void> {
  try {
    await copyDatabase({ kind: 'sqlite', file: join(path, DATABASE) }, config.database, {
      ...{ signal, replace: force },
      onProgress: ({ step, table, rows }) => onProgress(`${step} ${table}: ${rows} rows`),
    });
  } catch (error) {
    // If the answer to the commit was lost, the database knows.
    if ((await restoreMarkOf(config.database).catch(() => null)) !== id) throw error;
  }
}

/** Whether the database was certainly not replaced. */
async function isUndone({ id }: RestorePlan, { database }: Config): Promise<boolean> {
  return restoreMarkOf(database).then(
    (mark) => mark !== id,
    () => false,
  );
}

function unfinished(error: unknown): OperationRefused {
  const why = error instanceof Error ? error.message : String(error);
  return new OperationRefused(
    `The restore is not complete yet: ${why}. Correct that; then \`telegate doctor --fix\` or a start of the service ends it.`,
  );
}
