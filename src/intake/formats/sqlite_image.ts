import Database from 'better-sqlite3';

/** The first bytes of every SQLite file (sqlite.org/fileformat2.html, "The Database Header"). */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/** Whether the bytes begin as a SQLite file does. */
export function isSqlite(bytes: Buffer): boolean {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/** What was read of a SQLite image. */
export type ImageReading<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  /** SQLite, but not laid out as it was expected. */
  | { readonly kind: 'other' }
  /** SQLite according to its first bytes, but damaged. */
  | { readonly kind: 'torn'; readonly reason: string };

/**
 * Reads a SQLite file held in memory; integers are bigint. No file is opened, and the image can't be written to. Throws
 * only when memory runs out, or what `read` throws of its own.
 */
export function readImage<Value>(
  image: Buffer,
  read: (database: Database.Database) => Value,
): ImageReading<Value> {
  const wanted = statedBytes(image);
  if (image.length < wanted)
    return { kind: 'torn', reason: `truncated after ${image.length} of ${wanted} bytes` };
  let database: Database.Database | undefined;
  try {
    database = new Database(withoutWal(image), { readonly: true });
    database.pragma('trusted_schema = OFF');
    database.pragma('cell_size_check = ON');
    database.defaultSafeIntegers(true);
    return { kind: 'read', value: read(database) };
  } catch (error) {
    return refusal(error);
  } finally {
    database?.close();
  }
}

/**
 * What a SQLite error says about the image. @throws errors of this machine, and those that are not SQLite's.
 */
export function refusal(error: unknown): Exclude<ImageReading<never>, { kind: 'read' }> {
  const { code = '', message = '' } = error as Partial<Record<'code' | 'message', string>>;
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return { kind: 'torn', reason: message };
  if (!code.startsWith('SQLITE_') || code.startsWith('SQLITE_NOMEM')) throw error;
  return { kind: 'other' };
}

/**
 * The length of the file according to its header; 0: unknown. SQLite itself fills a truncated last page with zeros,
 * which may overwrite the end of the key (fileformat2.html, "In-header database size").
 */
function statedBytes(image: Buffer): number {
  if (image.length < 100 || image.readUInt32BE(24) !== image.readUInt32BE(92)) return 0;
  const pageSize = image.readUInt16BE(16);
  return image.readUInt32BE(28) * (pageSize === 1 ? 65536 : pageSize);
}

/**
 * An image in WAL mode can't be deserialised (sqlite.org/c3ref/deserialize.html): bytes 18 and 19 must name the
 * rollback journal. The caller's bytes are not changed.
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

/**
 * The columns of a plain table, in lower case; null: there is none of this name. Nothing that the image brings along is
 * run: views, virtual tables and generated columns, whose reading would evaluate SQL of the file's author, are none.
 */
export function plainColumns(
  database: Database.Database,
  table: 'version' | 'sessions' | 'entities' | 'peers' | 'usernames',
): ReadonlySet<string> | null {
  const found = database
    .prepare<[string], SchemaRow>(
      `SELECT type, sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')`,
    )
    .all(table);
  if (found.length !== 1 || found[0]?.type !== 'table') return null;
  if (!/^\s*CREATE\s+TABLE\b/i.test(found[0].sql ?? '')) return null;
  const columns = database.prepare<[], ColumnRow>(`PRAGMA main.table_xinfo(${table})`).all();
  if (columns.some((column) => column.hidden !== 0n)) return null;
  return new Set(columns.map((column) => column.name.toLowerCase()));
}
