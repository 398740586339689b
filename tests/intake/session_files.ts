import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import type { SessionCheck, WalkEntry } from '../../src/intake/entries.js';
import type { ScannerOptions } from '../../src/intake/scan_worker.js';
import { type InspectedFile, type KnownPage, Scanner, type ScanSummary } from '../../src/intake/scanner.js';
import { Walk } from '../../src/intake/walk.js';

/** Samples of every format, most of them written by the libraries themselves. */
export const fixtures = resolve('tests/fixtures/session-files');

/** One fixture's bytes. */
export function fixture(path: string): Buffer {
  return readFileSync(join(fixtures, path));
}

/** Runs the test in an empty directory that is gone afterwards. */
export async function inDirectory(test: (directory: string) => Promise<void> | void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'intake-'));
  try {
    await test(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs the test with an empty sessions directory and a scanner over it. */
export function scanning(
  test: (scanner: Scanner, root: string) => Promise<void>,
  options: Partial<ScannerOptions> = {},
): () => Promise<void> {
  return () =>
    inDirectory(async (root) => {
      const scanner = new Scanner({ root, check: 'lenient', maxBytes: 64 * 1024 * 1024, ...options });
      try {
        await test(scanner, root);
      } finally {
        await scanner.close();
      }
    });
}

/** Writes files, given by relative path, and the directories they lie in. */
export function write(directory: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** The bytes of a SQLite file made by these statements. */
export function sqliteImage(statements: string, key?: Buffer): Buffer {
  const database = new Database(':memory:');
  try {
    database.exec(statements);
    if (key) database.prepare('UPDATE sessions SET auth_key = ?').run(key);
    return database.serialize();
  } finally {
    database.close();
  }
}

/** A Telethon file as Telethon 1.25 writes it. */
export function telethonFile(key = randomBytes(256), version = 7): Buffer {
  return sqliteImage(
    `CREATE TABLE version (version integer primary key);
     CREATE TABLE sessions (dc_id integer primary key, server_address text, port integer, auth_key blob, takeout_id integer);
     INSERT INTO version VALUES (${version}); INSERT INTO sessions VALUES (2, '149.154.167.51', 443, x'', NULL)`,
    key,
  );
}

/** The key digest that an inspection of this key gives. */
export function digest(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Everything that reading could disturb: names, kinds, sizes, times and contents, directories included. */
export function snapshot(directory: string): string[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return ['.', ...paths].map((path) => {
    const stats = statSync(join(directory, path));
    const content = stats.isFile() ? digest(readFileSync(join(directory, path))) : 'no file';
    return `${path} ${stats.mode} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs} ${content}`;
  });
}

/** What one scan gave, drawn to its end. */
export interface ScanResult {
  readonly summary: ScanSummary;
  readonly files: readonly InspectedFile[];
  readonly gone: readonly string[];
}

/** Scans from beginning to end, in batches of two. */
export async function scan(scanner: Scanner, known: Known = new Map(), only?: string[]): Promise<ScanResult> {
  const summary = await scanner.begin(pagesOf(known), only);
  const files: InspectedFile[] = [];
  const gone: string[] = [];
  for (let next = await scanner.readNext(2); next.length > 0; next = await scanner.readNext(2))
    files.push(...next);
  for (let next = await scanner.goneNext(2); next.length > 0; next = await scanner.goneNext(2))
    gone.push(...next);
  await scanner.end();
  return { summary, files, gone };
}

/** Fingerprints by name. */
export type Known = ReadonlyMap<string, string>;

/** What a service knows after it has taken in all that a scan found. */
export function knownAfter({ files }: ScanResult): Map<string, string> {
  return new Map(
    files.flatMap((file) => ('unsettled' in file ? [] : [[file.name, file.fingerprint] as const])),
  );
}

/** Two names to a page. */
export async function* pagesOf(known: Known): AsyncGenerator<KnownPage> {
  const entries = [...known];
  for (let at = 0; at < entries.length; at += 2) {
    const page = entries.slice(at, at + 2);
    yield { names: page.map(([name]) => name), fingerprints: page.map(([, fingerprint]) => fingerprint) };
  }
}

/** What a walk gave, drawn to its end. */
export interface Walked {
  readonly entries: WalkEntry[];
  readonly walk: Walk;
}

/** Walks from beginning to end. */
export function walked(root: string, check: SessionCheck = 'lenient'): Walked {
  const walk = new Walk({ root, check, maxBytes: 64 * 1024 * 1024 });
  return { entries: [...walk.entries()], walk };
}
