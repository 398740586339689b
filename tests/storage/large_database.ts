import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { found, put, T0 } from '../contracts/stores.js';
import { openAt } from './databases.js';

const PAGE = 4096;

/** History entries, each of which fills a page. */
const ENTRIES = 22_000;

/** A database of about 85 MiB, too large to be checked in full at the start, and copies of it to damage. */
export class LargeDatabase {
  readonly directory = mkdtempSync(join(tmpdir(), 'large-'));
  readonly #path = join(this.directory, 'telegate.db');
  #copies = 0;

  async build(): Promise<this> {
    const database = await openAt(this.#path);
    await database.intake.apply(
      ['a', 'b', 'c'].map((name) => put(found(name))),
      T0,
    );
    await database.close();
    const sqlite = new Database(this.#path);
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = OFF');
    sqlite
      .prepare(
        `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
         INSERT INTO history (session_id, at, event, detail) SELECT n % 1000 + 10, n, 'leased', hex(zeroblob(1700)) FROM numbers`,
      )
      .run(ENTRIES);
    sqlite.close();
    return this;
  }

  copy(): string {
    this.#copies += 1;
    const path = join(this.directory, `copy-${this.#copies}.db`);
    copyFileSync(this.#path, path);
    return path;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Overwrites one page of the file in place, as a failing disk would. */
export function overwritePage(path: string, page: number, byte = 0xa5): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(PAGE, byte), 0, PAGE, (page - 1) * PAGE);
  closeSync(file);
}

/** The pages of this table or index, as SQLite lists them. */
export function pagesOf(path: string, tree: string, kind: 'leaf' | 'internal'): number[] {
  const sqlite = new Database(path, { readonly: true });
  const pages = sqlite
    .prepare('SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY pageno')
    .pluck()
    .all(tree, kind);
  sqlite.close();
  return pages.map(Number);
}

/** A page in the middle of them. */
export function middlePage(path: string, tree: string, kind: 'leaf' | 'internal'): number {
  const pages = pagesOf(path, tree, kind);
  return pages[Math.floor(pages.length / 2)] ?? 0;
}
