import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { SessionFiles } from '../../src/intake/session_files.js';

/** Samples of every format, most of them written by the libraries themselves. */
export const fixtures = resolve('tests/fixtures/session-files');

/** One fixture's bytes. */
export function fixture(path: string): Buffer {
  return readFileSync(join(fixtures, path));
}

/** Runs the test in an empty directory that is deleted afterwards. */
export async function inDirectory(test: (directory: string) => Promise<void> | void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'intake-'));
  try {
    await test(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Every sample of a session file, by its path. */
export const samples: Readonly<Record<string, Buffer>> = Object.fromEntries(
  readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(fixtures, path)).isFile() && !/^(manifest|strings)\.json$/.test(path))
    .map((path) => [path, readFileSync(join(fixtures, path))]),
);

/** The manifest's entry for a sample. */
interface ManifestEntry {
  readonly format: string;
  readonly usable?: boolean;
  readonly duplicate_of?: string;
}
export const manifest: Record<string, ManifestEntry> = JSON.parse(fixture('manifest.json').toString());

/** Writes files, given by relative path, and their directories. */
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

/** The digest that an inspection gives for this key. */
export function digest(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex');
}

/** Runs the test with a writer to an empty sessions directory, within a directory of its own. */
export function withFiles(test: (files: SessionFiles, root: string) => Promise<void>): () => Promise<void> {
  return () =>
    inDirectory(async (directory) => {
      const root = join(directory, 'sessions');
      mkdirSync(root);
      await test(writerOver(root), root);
    });
}

/** A writer to a directory that may not exist; `id` is part of every temporary file's name. */
export function writerOver(root: string, id?: string): SessionFiles {
  return new SessionFiles({ root, randomId: () => id ?? randomUUID() });
}

/** Every file below, hidden ones included, by relative path. */
export function filesOf(root: string): Record<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  const files = paths.filter((path) => statSync(join(root, path), { throwIfNoEntry: false })?.isFile());
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}
