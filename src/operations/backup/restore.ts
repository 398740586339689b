import { mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config.js';
import { checkTarget, copyDatabase } from '../../storage/copying/copy.js';
import { type EndedLeases, endLeases } from '../../storage/copying/ended_leases.js';
import { isNewerSchema, migrateToNewest } from '../../storage/migrate.js';
import { OperationRefused } from '../refused.js';
import { extractParts, verifyArchive } from './archive_reader.js';
import { DATABASE, type Manifest, SESSIONS } from './manifest.js';
import { planKeys, type RestoredKeys } from './restored_keys.js';
import { isSessionPath, moveAll, moveSessionsAside, sessionFilesIn } from './session_files.js';

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
}

/**
 * Restores a backup: the database into the one of the settings, of either kind, session files into SESSIONS_DIR, and
 * the encryption keys if they are in it and missing here. All checksums are compared first. No service may be running.
 * @throws OperationRefused, DatabaseRefused, CopyFailed; the signal's reason.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { config, force, signal, onProgress } = options;
  const file = resolve(options.file);
  onProgress('comparing checksums');
  const manifest = await verifyArchive(file, signal);
  refuseUnfit(file, manifest);
  await checkTarget(config.database, { replace: force });
  const present = presentSessions(options, manifest);
  const keys = await planKeys(file, manifest, options);
  const staging = join(config.dataDir, '.restore');
  const stagedSessions = join(config.sessionsDir, '.restore');
  try {
    await extract(file, manifest, { staging, stagedSessions }, options);
    const leases = await prepareDatabase(join(staging, DATABASE), options);
    const aside = await replaceAll(options, { present, database: join(staging, DATABASE), keys });
    const paths = config.syncs ? sessionPaths(manifest) : [];
    await moveAll(paths, stagedSessions, config.sessionsDir);
    const sessionFiles = config.syncs && manifest.session_files !== null ? paths.length : null;
    return { manifest, leases, keys, sessionFiles, movedAside: aside };
  } finally {
    await rm(staging, { recursive: true, force: true });
    await rm(stagedSessions, { recursive: true, force: true });
  }
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

/** The session files that are in the way. @throws OperationRefused unless they may be moved aside. */
function presentSessions({ config, force }: RestoreOptions, manifest: Manifest): string[] {
  if (!config.syncs || manifest.session_files === null) return [];
  const present = sessionFilesIn(config);
  if (present.length === 0 || force) return present;
  throw new OperationRefused(
    `${config.sessionsDir} is not empty: it has ${present.length} session files. Nothing was changed: restore into an ` +
      'empty SESSIONS_DIR, or use --force, which moves them aside.',
  );
}

interface Staging {
  /** For the database. */
  readonly staging: string;
  /** In SESSIONS_DIR, so that files can be renamed into it; hidden, so that no scan enters it. */
  readonly stagedSessions: string;
}

async function extract(
  file: string,
  manifest: Manifest,
  { staging, stagedSessions }: Staging,
  { config, signal, onProgress }: RestoreOptions,
): Promise<void> {
  for (const directory of [staging, stagedSessions]) await rm(directory, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  let count = 0;
  await extractParts(file, manifest, {
    signal,
    async placeOf(name) {
      if (name === DATABASE) return join(staging, DATABASE);
      if (!name.startsWith(SESSIONS) || !config.syncs) return null;
      const place = join(stagedSessions, name.slice(SESSIONS.length));
      await mkdir(dirname(place), { recursive: true, mode: 0o700 });
      count += 1;
      onProgress(`session files: ${count}`);
      return place;
    },
  });
}

async function prepareDatabase(
  file: string,
  { config: { database }, holdSeconds }: RestoreOptions,
): Promise<EndedLeases> {
  await migrateToNewest({ kind: 'sqlite', file });
  return endLeases(file, database, holdSeconds);
}

/**
 * Replaces the session files by none, the keys and the database; returns where replaced files are. A service that was
 * started in between would find no session that it could lease.
 */
async function replaceAll(
  { config, force, signal, onProgress }: RestoreOptions,
  {
    present,
    database,
    keys,
  }: { readonly present: readonly string[]; readonly database: string; readonly keys: RestoredKeys },
): Promise<string[]> {
  const sessions = await moveSessionsAside(config.sessionsDir, present);
  try {
    const oldKey = await keys.place();
    await copyDatabase({ kind: 'sqlite', file: database }, config.database, {
      ...{ signal, replace: force },
      onProgress: ({ step, table, rows }) => onProgress(`${step} ${table}: ${rows} rows`),
    });
    return [sessions.directory, oldKey].filter((path) => path !== null);
  } catch (error) {
    await keys.undo();
    await sessions.undo();
    throw error;
  }
}
