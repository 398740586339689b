import Database from 'better-sqlite3';

/** One table of a session file: its columns in lower case, and its first row. */
export interface ImageTable {
  readonly columns: ReadonlySet<string>;
  /** Integers are bigint. Null: the table is empty. */
  readonly row: Readonly<Record<string, unknown>> | null;
}

/** What a SQLite image holds that a session is read from. */
export type SqliteImage =
  | { readonly kind: 'tables'; readonly version: ImageTable; readonly sessions: ImageTable }
  /** SQLite, but without two plain tables of these names. */
  | { readonly kind: 'other' }
  /** SQLite by its first bytes, and torn. */
  | { readonly kind: 'torn'; readonly reason: string };

/** The first bytes of every SQLite file (sqlite.org/fileformat2.html, "The Database Header"). */
const magic = Buffer.from('SQLite format 3\0', 'latin1');

/** Every column that a session file of either library has had and that is read here. */
const wantedColumns = new Set(
  'version number dc_id server_address port auth_key api_id test_mode user_id is_bot'.split(' '),
);

/** Whether the bytes begin as a SQLite file does. */
export function isSqlite(bytes: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}

/**
 * Reads the first rows of `version` and `sessions` from a SQLite file held in memory. No file is opened,
 * and nothing that the image brings along is run: views, virtual tables and generated columns, whose
 * reading would evaluate SQL of the file's author, make it `other`. Throws only when memory runs out.
 */
export function readSqliteImage(image: Buffer): SqliteImage {
  const wanted = statedBytes(image);
  if (image.length < wanted)
    return { kind: 'torn', reason: `cut off after ${image.length} of ${wanted} bytes` };
  let database: Database.Database | undefined;
  try {
    database = new Database(withoutWal(image), { readonly: true });
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    database.defaultSafeIntegers(true);
    const version = plainTable(database, 'version');
    const sessions = plainTable(database, 'sessions');
    return version && sessions ? { kind: 'tables', version, sessions } : { kind: 'other' };
  } catch (error) {
    return refusal(error);
  } finally {
    database?.close();
  }
}

/** What SQLite's refusal says of the image; rethrows what it says of this machine, or what is not SQLite's. */
function refusal(error: unknown): SqliteImage {
  const { code = '', message = '' } = error as Partial<Record<'code' | 'message', string>>;
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return { kind: 'torn', reason: message };
  if (!code.startsWith('SQLITE_') || code.startsWith('SQLITE_NOMEM')) throw error;
  return { kind: 'other' };
}

/**
 * How long the header says the file is; 0: it says nothing that holds. SQLite itself fills up a last page
 * that is cut off with zeros, which may be the end of the key (fileformat2.html, "In-header database size").
 */
function statedBytes(image: Buffer): number {
  if (image.length < 100 || image.readUInt32BE(24) !== image.readUInt32BE(92)) return 0;
  const pageSize = image.readUInt16BE(16);
  return image.readUInt32BE(28) * (pageSize === 1 ? 65536 : pageSize);
}

/**
 * An image in WAL mode can't be deserialised (sqlite.org/c3ref/deserialize.html): bytes 18 and 19 must
 * name the rollback journal. The caller's bytes stay as they are.
 */
function withoutWal(image: Buffer): Buffer {
  if (image[18] !== 2 && image[19] !== 2) return image;
  const copy = Buffer.from(image);
  copy.fill(1, 18, 20);
  return copy;
}

interface SchemaRow {
  readonly type: string;
  readonly sql: string | null;
}

interface ColumnRow {
  readonly name: string;
  readonly hidden: bigint;
}

function plainTable(database: Database.Database, name: 'version' | 'sessions'): ImageTable | null {
  const found = database
    .prepare<[string], SchemaRow>(
      `SELECT type, sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')`,
    )
    .all(name);
  if (found.length !== 1 || found[0]?.type !== 'table') return null;
  if (!/^\s*CREATE\s+TABLE\b/i.test(found[0].sql ?? '')) return null;
  const columns = database.prepare<[], ColumnRow>(`PRAGMA main.table_xinfo(${name})`).all();
  if (columns.some((column) => column.hidden !== 0n)) return null;
  const names = columns.map((column) => column.name.toLowerCase());
  const selected = names.filter((column) => wantedColumns.has(column)).map((column) => `"${column}"`);
  if (selected.length === 0) return { columns: new Set(names), row: null };
  const row = database
    .prepare<[], Record<string, unknown>>(
      `SELECT ${selected.map((column) => `${column} AS ${column}`).join(', ')} FROM main.${name} NOT INDEXED LIMIT 1`,
    )
    .get();
  return { columns: new Set(names), row: row ?? null };
}
