import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SqliteDatabase } from '../../src/storage/sqlite/database.js';
import { type Stores, storesOf } from '../contracts/stores.js';
import { reusedThreads } from '../service/reused_threads.js';

export const MIGRATIONS = resolve('drizzle/sqlite');

/** An open file, with its stores. */
export type OpenFile = Awaited<ReturnType<typeof openAt>>;

export async function openAt(path: string) {
  const database = await SqliteDatabase.open({ path, migrations: MIGRATIONS }, reusedThreads);
  return Object.assign(database, database.stores);
}

/** Runs the test with an empty directory that is deleted afterwards. */
export async function inDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
  try {
    await test(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

let template: Promise<Buffer> | null = null;

/** Writes a file as `openAt` creates it; creating it takes longer than most tests. */
async function writeEmptyDatabase(path: string): Promise<void> {
  template ??= madeEmpty();
  writeFileSync(path, await template, { mode: 0o600 });
}

/** Puts an empty database where a service with this DATA_DIR looks for it. */
export async function prepareDataDir(dataDir: string): Promise<void> {
  mkdirSync(dataDir, { mode: 0o700, recursive: true });
  await writeEmptyDatabase(join(dataDir, 'telegate.db'));
}

async function madeEmpty(): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
  const path = join(directory, 'telegate.db');
  await (await openAt(path)).close();
  const bytes = readFileSync(path);
  rmSync(directory, { recursive: true });
  return bytes;
}

/** Stores over a new file that is deleted when they are closed. */
export async function makeSqliteStores(): Promise<Stores> {
  const directory = mkdtempSync(join(tmpdir(), 'sqlite-'));
  const path = join(directory, 'telegate.db');
  await writeEmptyDatabase(path);
  const database = await openAt(path);
  return storesOf(database, database, async () => {
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  });
}

/** Every file of a directory, its size and content. */
export function contentsOf(directory: string): string[] {
  return readdirSync(directory)
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(directory, name));
      const { mtimeMs } = statSync(join(directory, name));
      return `${name} ${bytes.length} ${mtimeMs} ${createHash('sha256').update(bytes).digest('hex')}`;
    });
}

/** Another process that opens the file and leases from it; see `lessee.ts`. */
export interface Lessee {
  readonly process: ChildProcess;
  /** Its output, line by line. */
  readonly said: string[];
  /** Resolves with the exit code, or the signal it was killed by. */
  readonly ended: Promise<number | string | null>;
}

export function startLessee(path: string): Lessee {
  const script = fileURLToPath(new URL('./lessee.js', import.meta.url));
  const child = spawn(process.execPath, [script, path, MIGRATIONS], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => said.push(line));
  const ended = new Promise<number | string | null>((done) => {
    child.once('close', (code, signal) => done(code ?? signal));
  });
  return { process: child, said, ended };
}
