import Database from 'better-sqlite3';
import { wellKnownAddress } from '../../telegram/network.js';
import { AUTH_KEY_BYTES, authKeyFault, type Credentials } from './session_string.js';

/** The first bytes of every SQLite file (sqlite.org/fileformat2.html, "The Database Header"). */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');

/** Whether the bytes begin as a SQLite file does. */
export function isSqlite(bytes: Buffer): boolean {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/** The contents of a SQLite file: credentials, or why it is certainly dead; neither: unknown. */
export interface SqliteSession {
  readonly format: 'telethon' | 'pyrogram' | 'unknown' | 'unreadable';
  readonly dead: string | null;
  readonly credentials: Credentials | null;
}

/** Reads the session in a SQLite file held in memory. Never throws on any content, only if memory runs out. */
export function readSqliteSession(bytes: Buffer): SqliteSession {
  const image = readSqliteImage(bytes);
  if (image.kind === 'torn') {
    return { format: 'unreadable', dead: `not readable as SQLite: ${image.reason}`, credentials: null };
  }
  if (image.kind === 'tables') {
    for (const layout of LAYOUTS) {
      const session = readLayout(layout, image.version, image.sessions);
      if (session !== null) return session;
    }
  }
  return { format: 'unknown', dead: null, credentials: null };
}

/** One table of a session file: its columns in lower case, and its first row. */
interface ImageTable {
  readonly columns: ReadonlySet<string>;
  /** Integers are bigint. Null: the table is empty. */
  readonly row: Row | null;
}

/** The tables of a SQLite image that contain a session. */
type SqliteImage =
  | { readonly kind: 'tables'; readonly version: ImageTable; readonly sessions: ImageTable }
  /** SQLite, but without two plain tables of these names. */
  | { readonly kind: 'other' }
  /** SQLite according to its first bytes, but damaged. */
  | { readonly kind: 'torn'; readonly reason: string };

/** Every column of either library's session files that is read here. */
const WANTED_COLUMNS = new Set(
  'version number dc_id server_address port auth_key api_id test_mode user_id is_bot'.split(' '),
);

/**
 * Reads the first rows of `version` and `sessions` from a SQLite file held in memory. No file is opened,
 * and nothing that the image brings along is run: views, virtual tables and generated columns, whose
 * reading would evaluate SQL of the file's author, make it `other`. Throws only when memory runs out.
 */
function readSqliteImage(image: Buffer): SqliteImage {
  const wanted = statedBytes(image);
  if (image.length < wanted)
    return { kind: 'torn', reason: `truncated after ${image.length} of ${wanted} bytes` };
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

/** What a SQLite error says about the image; rethrows errors of this machine, and those that are not SQLite's. */
function refusal(error: unknown): SqliteImage {
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
  const selected = names.filter((column) => WANTED_COLUMNS.has(column)).map((column) => `"${column}"`);
  if (selected.length === 0) return { columns: new Set(names), row: null };
  const row = database
    .prepare<[], Record<string, unknown>>(
      `SELECT ${selected.map((column) => `${column} AS ${column}`).join(', ')} FROM main.${name} NOT INDEXED LIMIT 1`,
    )
    .get();
  return { columns: new Set(names), row: row ?? null };
}

type Row = Readonly<Record<string, unknown>>;

/** How a library lays out its session file. Columns are taken by name. */
interface Layout {
  readonly format: 'telethon' | 'pyrogram';
  /** The column of `version` that identifies the library. */
  readonly versionColumn: string;
  /** The versions known well enough to call a session without a key dead. */
  readonly versions: { readonly first: number; readonly last: number };
  /** What the row contains besides the auth key and its data centre. */
  account(row: Row): Pick<Credentials, 'userId' | 'apiId' | 'isBot'> & { readonly test: boolean };
}

const LAYOUTS: readonly Layout[] = [
  {
    // `sessions/sqlite.py`; 8 adds `tmp_auth_key`, which is not the account's key.
    format: 'telethon',
    versionColumn: 'version',
    versions: { first: 6, last: 8 },
    account: () => ({ userId: null, apiId: null, isBot: false, test: false }),
  },
  {
    // `storage/sqlite_storage.py` and forks, some of which add the address; 2 has no `api_id`.
    format: 'pyrogram',
    versionColumn: 'number',
    versions: { first: 2, last: 7 },
    account: ({ user_id: userId, api_id: apiId, is_bot: isBot, test_mode: test }) => ({
      userId: typeof userId === 'bigint' && userId > 0n ? userId.toString() : null,
      apiId: typeof apiId === 'bigint' && apiId > 0n && apiId < 2n ** 31n ? Number(apiId) : null,
      isBot: isBot === 1n,
      test: typeof test === 'bigint' && test !== 0n,
    }),
  },
];

/** Null: not this library's, or laid out in a way unknown here. */
function readLayout(layout: Layout, version: ImageTable, sessions: ImageTable): SqliteSession | null {
  const { format, versionColumn, versions } = layout;
  if (!version.columns.has(versionColumn)) return null;
  if (!sessions.columns.has('dc_id') || !sessions.columns.has('auth_key')) return null;
  const row = sessions.row ?? {};
  const dead = authKeyFault(row.auth_key);
  if (dead !== null) {
    return isKnown(version.row?.[versionColumn], versions) ? { format, dead, credentials: null } : null;
  }
  const { test, ...account } = layout.account(row);
  const address = storedAddress(row) ?? wellKnownAddress(Number(row.dc_id), test);
  if (!Buffer.isBuffer(row.auth_key) || !isDcId(row.dc_id) || address === null) return null;
  const credentials = { dcId: Number(row.dc_id), ...address, authKey: row.auth_key, ...account };
  return { format, dead: null, credentials };
}

/** Whether a layout's version is among those known; a missing one is not. */
function isKnown(version: unknown, known: { readonly first: number; readonly last: number }): boolean {
  return typeof version === 'bigint' && version >= known.first && version <= known.last;
}

/** Whether a stored value can be a data centre's number: they fit a byte in every session string. */
function isDcId(value: unknown): boolean {
  return typeof value === 'bigint' && value > 0n && value < 256n;
}

/** The address in the row; null: there is none, or not a usable one. */
function storedAddress({
  server_address: serverAddress,
  port,
}: Row): Pick<Credentials, 'serverAddress' | 'port'> | null {
  if (typeof serverAddress !== 'string' || !/^[\w.:-]{1,255}$/.test(serverAddress)) return null;
  const valid = typeof port === 'bigint' && port > 0n && port < 65536n;
  return { serverAddress, port: valid ? Number(port) : 443 };
}

/** The newest layout that Telethon 1.25 opens; it fails on 8. */
const WRITTEN_LAYOUT = 7;

/** `sessions/sqlite.py`, in its order: Telethon reads the columns of `sessions` by their position. */
const TELETHON_TABLES = `
  CREATE TABLE version (version integer primary key);
  CREATE TABLE sessions (
    dc_id integer primary key,
    server_address text,
    port integer,
    auth_key blob,
    takeout_id integer
  );
  CREATE TABLE entities (
    id integer primary key,
    hash integer not null,
    username text,
    phone integer,
    name text,
    date integer
  );
  CREATE TABLE sent_files (
    md5_digest blob,
    file_size integer,
    type integer,
    id integer,
    hash integer,
    primary key(md5_digest, file_size, type)
  );
  CREATE TABLE update_state (
    id integer primary key,
    pts integer,
    qts integer,
    date integer,
    seq integer
  );
`;

/**
 * The bytes of a Telethon session file of layout 7, as Telethon 1.25 itself would write it, without entities. Secret:
 * whoever has them controls the account. @throws RangeError if the auth key is not 256 bytes long.
 */
export function telethonFile(
  credentials: Pick<Credentials, 'dcId' | 'serverAddress' | 'port' | 'authKey'>,
): Buffer {
  const { dcId, serverAddress, port, authKey } = credentials;
  if (authKey.length !== AUTH_KEY_BYTES) throw new RangeError(`an auth key has ${AUTH_KEY_BYTES} bytes`);
  const database = new Database(':memory:');
  try {
    database.exec(TELETHON_TABLES);
    database.prepare('INSERT INTO version VALUES (?)').run(WRITTEN_LAYOUT);
    database
      .prepare('INSERT INTO sessions VALUES (?, ?, ?, ?, NULL)')
      .run(dcId, serverAddress, port, authKey);
    return database.serialize();
  } finally {
    database.close();
  }
}
