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
  return image.readUInt32BE(28) * pageSize(image);
}

function pageSize(image: Buffer): number {
  const size = image.readUInt16BE(16);
  return size === 1 ? 65536 : size;
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

/** The tables of session files that are read. */
const TABLES = ['version', 'sessions', 'entities', 'peers', 'usernames'] as const;
type TableName = (typeof TABLES)[number];
const TABLE_NAMES: ReadonlySet<string> = new Set(TABLES);

interface SchemaRow {
  readonly name: string;
  readonly type: string;
  readonly sql: string | null;
  /** A bigint, unless the schema was forged. */
  readonly rootpage: unknown;
}

/** Where an image's tables begin, by name. */
export type Schema = ReadonlyMap<string, Pick<SchemaRow, 'rootpage'>>;

/**
 * The ordinary tables that are read. Views and virtual tables, whose reading would run SQL of the file's author, are
 * none, nor are two of one name.
 */
export function schemaOf(database: Database.Database): Schema {
  const rows = database.prepare<[], SchemaRow>(
    "SELECT name, type, sql, rootpage FROM sqlite_schema WHERE type IN ('table', 'view')",
  );
  const found = new Map<string, SchemaRow | null>();
  for (const row of rows.iterate()) {
    const name = String(row.name).toLowerCase();
    if (TABLE_NAMES.has(name)) found.set(name, found.has(name) ? null : row);
  }
  const schema = new Map<string, SchemaRow>();
  for (const [name, row] of found) if (row && isOrdinary(row)) schema.set(name, row);
  return schema;
}

function isOrdinary({ type, sql }: SchemaRow): boolean {
  return type === 'table' && /^\s*CREATE\s+TABLE\b/i.test(sql ?? '');
}

interface ColumnRow {
  readonly name: string;
  readonly hidden: bigint;
}

/**
 * The columns of a table, in lower case; null: there is none of this name, or it has generated columns, whose reading
 * would run SQL of the file's author.
 */
export function plainColumns(
  database: Database.Database,
  schema: Schema,
  table: TableName,
): ReadonlySet<string> | null {
  if (!schema.has(table)) return null;
  const columns = database.prepare<[], ColumnRow>(`PRAGMA main.table_xinfo(${table})`).all();
  if (columns.some((column) => column.hidden !== 0n)) return null;
  return new Set(columns.map((column) => column.name.toLowerCase()));
}

const LEAF_OF_TABLE = 13;
const CELLS_AT = 3;

/**
 * Whether a table certainly has no row: its first page is a leaf without cells (fileformat2.html, "B-tree Pages"). A
 * statement would cost half as much as all others that a file needs.
 */
export function isEmpty(image: Buffer, schema: Schema, table: TableName): boolean {
  if (!schema.has(table)) return true;
  const page = schema.get(table)?.rootpage;
  const at = typeof page === 'bigint' && page > 1n ? Number(page - 1n) * pageSize(image) : image.length;
  if (at + pageSize(image) > image.length) return false;
  return image[at] === LEAF_OF_TABLE && image.readUInt16BE(at + CELLS_AT) === 0;
}
