import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { encryptionKeyFile } from '../../access/encryption_key.js';
import type { Config } from '../../config.js';
import { syncDirectory, writePrivateFile } from '../../kernel/private_files.js';
import { restoreMarkOf } from '../../storage/copying/restore_mark.js';
import { takeLock } from '../../storage/sqlite/open.js';
import { OperationRefused } from '../refused.js';
import { moveAll } from './session_files.js';
import { lockStaging } from './staging_lock.js';

/** Files that are moved from one directory to another of the same file system, keeping their paths. */
const moveSchema = z.object({ from: z.string(), to: z.string(), paths: z.array(z.string()) });
export type Move = Readonly<z.infer<typeof moveSchema>>;

/**
 * What follows once the database is replaced: it is written before, and the replaced database has the same id. So
 * whenever a restore is killed, what is there tells whether it has happened: then the rest of it can follow, else
 * nothing was changed.
 */
const planSchema = z.object({
  id: z.string(),
  /** Where the database is, without a secret. */
  database: z.string(),
  /** Where the key file that is there goes; null: there is none, or it stays. */
  key_aside: z.string().nullable(),
  /** Each is done before the next one begins. */
  moves: z.array(moveSchema),
});
export type RestorePlan = Readonly<z.infer<typeof planSchema>>;

const PLAN = 'plan.json';
const KEY = 'encryption.key';

/** What became of a restore that was interrupted. */
export type Settled = 'none' | 'finished' | 'undone';

/** Whether a restore into this installation was interrupted, or is under way. */
export function hasUnfinishedRestore({ dataDir }: Pick<Config, 'dataDir'>): boolean {
  return existsSync(join(dataDir, '.restore', PLAN));
}

/**
 * Ends a restore that was interrupted: if the database was replaced by then, the key and the session files follow; else
 * what was unpacked is deleted, and all is as it was.
 * @throws OperationRefused, DatabaseRefused if that can't be told, or done.
 */
export async function settleRestore(config: Config): Promise<Settled> {
  if (!hasUnfinishedRestore(config)) return 'none';
  const staging = lockedStaging(config);
  try {
    const plan = await readPlan(staging.path);
    if (plan.database !== placeOf(config)) {
      throw new OperationRefused(
        `A restore into ${plan.database} was interrupted. Set DATABASE_URL to that again, and start; or delete ` +
          `${staging.path}, if that database is of no use any more.`,
      );
    }
    const isReplaced = (await restoreMarkOf(config.database)) === plan.id;
    if (isReplaced) await staging.finish(plan);
    else await removePartial(config);
    await staging.clear();
    return isReplaced ? 'finished' : 'undone';
  } finally {
    staging.release();
  }
}

/** Where a restore unpacks an archive, of one process only. */
export interface Staging {
  /** In DATA_DIR: for the database, the key and the plan. */
  readonly path: string;
  /** In SESSIONS_DIR, so that files can be renamed into it; hidden, so that no scan enters it. */
  readonly sessions: string;
  /** Where a key is put that is to be the one of DATA_DIR. */
  readonly key: string;
  /** Writes the plan down. */
  plan(plan: RestorePlan): Promise<void>;
  /** Moves everything into place, of a database that has been replaced. It can be repeated. */
  finish(plan: RestorePlan): Promise<void>;
  /** Deletes what was unpacked; the plan last. */
  clear(): Promise<void>;
  release(): void;
}

/** Creates the directory, and empties it. @throws OperationRefused if another process restores into it. */
export async function openStaging(config: Config): Promise<Staging> {
  await mkdir(join(config.dataDir, '.restore'), { recursive: true, mode: 0o700 });
  const staging = lockedStaging(config);
  await rm(staging.sessions, { recursive: true, force: true });
  for (const name of ['database.sqlite', KEY, PLAN])
    for (const end of ['', '-journal', '-wal', '-shm', '.lock'])
      await rm(join(staging.path, `${name}${end}`), { force: true });
  return staging;
}

const UNDER_WAY = 'A restore is under way here: wait until it has ended. Nothing was changed.';

function lockedStaging(config: Config): Staging {
  const { dataDir, sessionsDir } = config;
  const path = join(dataDir, '.restore');
  const sessions = join(sessionsDir, '.restore');
  const lock = lockStaging(path, 'restore', UNDER_WAY);
  const plan = (written: RestorePlan) => writePrivateFile(join(path, PLAN), JSON.stringify(written));
  return {
    ...{ path, sessions, plan, key: join(path, KEY) },
    async finish(written) {
      await placeKey(dataDir, join(path, KEY), written.key_aside);
      for (let left = written.moves; left.length > 0; left = left.slice(1)) {
        const [move] = left;
        if (move) await moveAll(move.paths, move.from, move.to);
        // What moves out of the way must not take what has moved in.
        await plan({ ...written, moves: left.slice(1) });
      }
    },
    async clear() {
      await rm(sessions, { recursive: true, force: true });
      await rm(path, { recursive: true, force: true });
    },
    release: () => lock.release(),
  };
}

/** Deletes the database file that a killed restore had begun to write. */
async function removePartial({ database }: Config): Promise<void> {
  if (database.kind !== 'sqlite') return;
  const lock = takeLock(database.file);
  await rm(`${database.file}.partial`, { force: true });
  lock.forget();
}

async function readPlan(path: string): Promise<RestorePlan> {
  const file = join(path, PLAN);
  try {
    return planSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new OperationRefused(
      `A restore was interrupted, and ${file} can't be read (${error instanceof Error ? error.message : error}): ` +
        `delete ${path}, and restore again with --force.`,
    );
  }
}

/** The key that was unpacked becomes that of DATA_DIR; one that is there is kept aside. */
async function placeKey(dataDir: string, fresh: string, aside: string | null): Promise<void> {
  if (!existsSync(fresh)) return;
  const path = encryptionKeyFile(dataDir);
  if (aside !== null && existsSync(path) && !existsSync(aside)) await rename(path, aside);
  await rename(fresh, path);
  await syncDirectory(dataDir);
}

/** Names the database without a secret. */
export function placeOf({ database }: Pick<Config, 'database'>): string {
  if (database.kind === 'sqlite') return database.file;
  const { host, pathname } = new URL(database.url);
  return `PostgreSQL at ${host}${pathname}`;
}
