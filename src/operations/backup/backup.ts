import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { keyIdOf } from '../../access/vault.js';
import type { Config } from '../../config.js';
import { placeNew, syncDirectory } from '../../kernel/private_files.js';
import { readVersion } from '../../kernel/project.js';
import { copySnapshot } from '../../storage/copying/copy.js';
import { schemaOfFile } from '../../storage/migrate.js';
import { openSideConnection } from '../../storage/open.js';
import type { Lock } from '../../storage/sqlite/open.js';
import { encryptionKeysOf, keyIdsIn } from '../encryption_keys.js';
import { OperationRefused } from '../refused.js';
import { ArchiveWriter } from './archive_writer.js';
import { sealKeys } from './key_envelope.js';
import { DATABASE, FORMAT, HEADER, KEYS, MANIFEST, type Manifest, SESSIONS } from './manifest.js';
import { copySessionFiles, type Unreadable } from './session_files.js';
import { lockStaging } from './staging_lock.js';

/** What a backup is made of, and how. */
export interface BackupOptions {
  readonly config: Config;
  /** The archive. */
  readonly file: string;
  /** Whether a file that is there is replaced. */
  readonly replace: boolean;
  /** Encrypts the encryption keys; null: they are left out. */
  readonly passphrase: string | null;
  /** If aborted, nothing is kept. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** The wall clock, in milliseconds. */
  readonly wall: () => number;
}

/** How many unreadable files a manifest names. */
const MAX_UNREADABLE = 100;

/**
 * Writes one archive with the database as it is at one moment, the session files as they are after it, and the
 * encryption keys if asked, while services may be running. The archive appears once it is complete, readable by its
 * owner only.
 * @throws OperationRefused, DatabaseRefused, CopyFailed, SessionsDirectoryUnreadable; the signal's reason. Nothing is
 * kept then.
 */
export async function createBackup(options: BackupOptions): Promise<Manifest> {
  const file = resolve(options.file);
  if (!options.replace && existsSync(file)) throw alreadyExists(file);
  const { staging, lock } = await stagingFor(file);
  try {
    const archive = join(staging, 'archive');
    const manifest = await writeArchive(archive, staging, options);
    options.signal.throwIfAborted();
    if (options.replace) await rename(archive, file);
    else if (!(await placeNew(archive, file))) throw alreadyExists(file);
    await syncDirectory(dirname(file));
    return manifest;
  } finally {
    // Until it is gone: else another backup could begin in it meanwhile.
    await rm(staging, { recursive: true, force: true }).finally(() => lock.release());
  }
}

function alreadyExists(file: string): OperationRefused {
  return new OperationRefused(`${file} already exists: choose another name, or replace it with --force.`);
}

/**
 * A directory next to the archive, of this process only; what a killed backup left there is deleted.
 * @throws OperationRefused if another process makes a backup of this name.
 */
async function stagingFor(file: string): Promise<{ readonly staging: string; readonly lock: Lock }> {
  if (!existsSync(dirname(file)))
    throw new OperationRefused(`${dirname(file)} does not exist: create it first.`);
  const staging = join(dirname(file), `.${basename(file)}.partial`);
  await mkdir(staging, { recursive: true, mode: 0o700 });
  const lock = lockStaging(
    staging,
    'backup',
    `Another backup to ${file} is under way: wait until it has ended.`,
  );
  for (const name of await readdir(staging))
    if (name !== 'backup.lock') await rm(join(staging, name), { recursive: true });
  return { staging, lock };
}

async function writeArchive(path: string, staging: string, options: BackupOptions): Promise<Manifest> {
  const { config, passphrase, signal, onProgress } = options;
  const version = readVersion();
  const created_at = new Date(options.wall()).toISOString();
  const copy = join(staging, 'database');
  // The database first: the file of each of its sessions was there by then, so that it is in the backup as well.
  const rows = await copySnapshot(config.database, copy, {
    signal,
    onProgress: ({ step, table, rows: done }) => onProgress(`${step} ${table}: ${done} rows`),
  });
  const found = await inspect(copy);
  const keys = passphrase === null ? null : await keysFor(config, found.keyIds);
  const writer = new ArchiveWriter(path, signal);
  try {
    await writer.add(HEADER, json({ telegate_backup: FORMAT, version }));
    await writer.add(DATABASE, { path: copy, size: (await stat(copy)).size });
    const unreadable: Unreadable[] = [];
    const session_files = await addSessionFiles(writer, staging, found.sessions, options, unreadable);
    if (keys !== null && passphrase !== null) await writer.add(KEYS, await sealKeys(keys, passphrase));
    const { schema, migrated_at, leased } = found;
    const kind = config.database.kind;
    const manifest: Manifest = {
      ...{ format: FORMAT, version, created_at, session_files, unreadable },
      database: {
        ...{ kind, schema, migrated_at, leased },
        rows: Object.fromEntries(rows.map(({ table, rows: count }) => [table, count])),
      },
      encryption: { key_ids: found.keyIds, included: keys !== null },
      parts: writer.parts.filter(({ name }) => name !== HEADER),
    };
    await writer.add(MANIFEST, json(manifest));
    await writer.finish();
    return manifest;
  } catch (error) {
    await writer.abandon();
    signal.throwIfAborted();
    throw error;
  }
}

/** What the manifest says about a copied database. */
interface Inspected {
  readonly schema: string;
  readonly migrated_at: number;
  readonly sessions: number;
  readonly leased: number;
  readonly keyIds: string[];
}

async function inspect(file: string): Promise<Inspected> {
  const schema = await schemaOfFile(file);
  const database = await openSideConnection({ kind: 'sqlite', file });
  try {
    const [sessions, leased, keyIds] = [
      await database.intake.total(),
      await database.sessions.count({ state: 'leased' }),
      await keyIdsIn(database),
    ];
    return { schema: schema.tag, migrated_at: schema.when, sessions, leased, keyIds };
  } finally {
    await database.close();
  }
}

/** This machine's keys. @throws OperationRefused if they do not decrypt what the backup holds. */
async function keysFor(config: Config, needed: readonly string[]): Promise<readonly Uint8Array[]> {
  const keys = await encryptionKeysOf(config);
  const own = new Set(keys.map(keyIdOf));
  const missing = needed.filter((id) => !own.has(id));
  if (missing.length === 0) return keys;
  throw new OperationRefused(
    `The secrets in the database are encrypted with a key that is not here (${missing.join(', ')}): run this where the ` +
      'service runs, with its ENCRYPTION_KEYS or DATA_DIR, or leave out --with-keys.',
  );
}

/** Adds the session files; returns how many, or null if this machine does not have them. */
async function addSessionFiles(
  writer: ArchiveWriter,
  staging: string,
  sessions: number,
  { config, signal, onProgress }: BackupOptions,
  unreadable: Unreadable[],
): Promise<number | null> {
  if (!config.syncs) return null;
  if (sessions === 0 && !existsSync(config.sessionsDir)) return 0;
  let count = 0;
  for await (const session of copySessionFiles(config, staging)) {
    signal.throwIfAborted();
    for (const { path, copy, size } of session.files) {
      await writer.add(`${SESSIONS}${path}`, { path: copy, size });
      count += 1;
    }
    unreadable.push(...session.unreadable.slice(0, MAX_UNREADABLE - unreadable.length));
    onProgress(`session files: ${count}`);
  }
  return count;
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
