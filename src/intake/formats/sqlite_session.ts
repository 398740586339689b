import type Database from 'better-sqlite3';
import { wellKnownAddress } from '../../telegram/network.js';
import { remembersChannels } from './known_channels.js';
import { authKeyFault, type Credentials } from './session_string.js';
import { plainColumns, readImage, type Schema, schemaOf } from './sqlite_image.js';

/** The contents of a SQLite file: credentials, or why it is certainly dead; neither: unknown. */
export interface SqliteSession {
  readonly format: 'telethon' | 'pyrogram' | 'unknown' | 'unreadable';
  readonly dead: string | null;
  readonly credentials: Credentials | null;
  /** Whether the file remembers channels, as far as a glance tells. */
  readonly remembersChannels: boolean;
}

const UNKNOWN: SqliteSession = {
  format: 'unknown',
  dead: null,
  credentials: null,
  remembersChannels: false,
};

/** Reads the session in a SQLite file held in memory. Never throws on any content, only if memory runs out. */
export function readSqliteSession(bytes: Buffer): SqliteSession {
  const image = readImage(bytes, (database) => readTables(database, bytes));
  if (image.kind === 'torn')
    return { ...UNKNOWN, format: 'unreadable', dead: `not readable as SQLite: ${image.reason}` };
  return image.kind === 'read' ? image.value : UNKNOWN;
}

function readTables(database: Database.Database, image: Buffer): SqliteSession {
  const schema = schemaOf(database);
  const version = firstRow(database, schema, 'version');
  const sessions = firstRow(database, schema, 'sessions');
  if (version === null || sessions === null) return UNKNOWN;
  for (const layout of LAYOUTS) {
    const session = readLayout(layout, version, sessions);
    if (session !== null)
      return {
        ...session,
        remembersChannels: session.credentials !== null && remembersChannels(database, schema, image),
      };
  }
  return UNKNOWN;
}

/** One table of a session file: its columns in lower case, and its first row. */
interface ImageTable {
  readonly columns: ReadonlySet<string>;
  /** Integers are bigint. Null: the table is empty. */
  readonly row: Row | null;
}

/** Every column of either library's session files that is read here. */
const WANTED_COLUMNS = new Set(
  'version number dc_id server_address port auth_key api_id test_mode user_id is_bot'.split(' '),
);

function firstRow(
  database: Database.Database,
  schema: Schema,
  table: 'version' | 'sessions',
): ImageTable | null {
  const columns = plainColumns(database, schema, table);
  if (columns === null) return null;
  const selected = [...columns].filter((column) => WANTED_COLUMNS.has(column)).map((column) => `"${column}"`);
  if (selected.length === 0) return { columns, row: null };
  const row = database
    .prepare<[], Record<string, unknown>>(
      `SELECT ${selected.map((column) => `${column} AS ${column}`).join(', ')} FROM main.${table} NOT INDEXED LIMIT 1`,
    )
    .get();
  return { columns, row: row ?? null };
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
function readLayout(
  layout: Layout,
  version: ImageTable,
  sessions: ImageTable,
): Omit<SqliteSession, 'remembersChannels'> | null {
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
