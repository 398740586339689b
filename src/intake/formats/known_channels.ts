import type Database from 'better-sqlite3';
import { MAX_PEERS_PER_SESSION } from '../../peers/rules.js';
import type { RememberedChannel } from '../../peers/store.js';
import { isEmpty, plainColumns, readImage, refusal, type Schema, schemaOf } from './sqlite_image.js';

/** The tables in which the libraries remember what Telegram has told them; columns are taken by name. */
interface Layout {
  readonly table: 'entities' | 'peers';
  readonly hash: string;
  /** When the row was written, in seconds. */
  readonly seen: string;
  readonly title: string | null;
  /** The column with the kind of a chat, and those that are read. Null: the id says it. */
  readonly kind: { readonly column: string; readonly wanted: string } | null;
}

const LAYOUTS: readonly Layout[] = [
  // Telethon's `sessions/sqlite.py`; layout 6 has no `date`.
  { table: 'entities', hash: 'hash', seen: 'date', title: 'name', kind: null },
  // `storage/sqlite_storage.py` of Pyrogram and its forks; from version 4 on, the names are in `usernames`.
  {
    table: 'peers',
    hash: 'access_hash',
    seen: 'last_update_on',
    title: null,
    kind: { column: 'type', wanted: "'channel', 'supergroup', 'forum', 'group'" },
  },
];

/** Both libraries mark ids as the Bot API does (core.telegram.org/api/bots/ids): channels below this, groups above. */
const CHANNELS_BELOW = -1_000_000_000_000n;
const LAST_CHANNEL = CHANNELS_BELOW - (1_000_000_000_000n - 2n ** 31n);

/** The most names of one channel that are read, and of all channels in a table of their own. */
const MAX_NAMES = 5;
const MAX_NAME_ROWS = 4 * MAX_PEERS_PER_SESSION;

/** Telegram's titles have up to 128 characters. Longer texts are not even loaded. */
const MAX_TITLE_BYTES = 1024;
/** In UTF-16 as well. */
const MAX_NAME_BYTES = 64;

const NAME = /^[a-z][a-z0-9_]{3,31}$/;

/** The end of the year 9999, in seconds. */
const LAST_DATE = 253_402_300_799n;

/**
 * Whether the image remembers channels, or basic groups, as far as a glance tells. Never throws on any content, only
 * if memory runs out.
 */
export function remembersChannels(database: Database.Database, schema: Schema, image: Buffer): boolean {
  try {
    return LAYOUTS.some(({ table, hash }) => {
      if (isEmpty(image, schema, table)) return false;
      const columns = plainColumns(database, schema, table);
      if (!columns?.has('id') || !columns.has(hash)) return false;
      const any = database.prepare(`SELECT 1 FROM main.${table} NOT INDEXED WHERE id < 0 LIMIT 1`);
      return any.get() !== undefined;
    });
  } catch (error) {
    refusal(error);
    return false;
  }
}

/**
 * The channels and basic groups that a session file held in memory remembers: as many as a session may know, those
 * first that were seen last, and at `since` or later, in milliseconds. A name belongs to the first that has it, as
 * Telethon takes it. Rows that can't be a channel's are left out; a damaged table has none. Never throws on any
 * content, only if memory runs out.
 */
export function readKnownChannels(image: Buffer, since = 0): RememberedChannel[] {
  const reading = readImage(image, (database) => {
    const schema = schemaOf(database);
    return LAYOUTS.flatMap((layout) => readLayout(database, schema, layout, since));
  });
  return reading.kind === 'read' ? reading.value.slice(0, MAX_PEERS_PER_SESSION) : [];
}

interface ChannelRow {
  readonly id: bigint;
  readonly hash: bigint | null;
  readonly name: string | null;
  readonly title: string | null;
  readonly seen: bigint;
}

function readLayout(
  database: Database.Database,
  schema: Schema,
  layout: Layout,
  since: number,
): RememberedChannel[] {
  const { table, hash, seen, title, kind } = layout;
  const columns = plainColumns(database, schema, table);
  if (!columns?.has('id') || !columns.has(hash) || (kind && !columns.has(kind.column))) return [];
  const has = (column: string | null) => column !== null && columns.has(column);
  const isDate = `typeof("${seen}") = 'integer' AND "${seen}" BETWEEN 0 AND ${LAST_DATE}`;
  const seenAt = has(seen) ? `CASE WHEN ${isDate} THEN "${seen}" ELSE 0 END` : '0';
  const isChannel = `id < ${CHANNELS_BELOW} AND typeof("${hash}") = 'integer' AND "${hash}" <> 0`;
  const rows = database
    .prepare<[bigint], ChannelRow>(
      `SELECT id, "${hash}" AS hash, ${seenAt} AS seen,
         ${has('username') ? shortText('username', MAX_NAME_BYTES) : 'NULL'} AS name,
         ${has(title) ? shortText(`${title}`, MAX_TITLE_BYTES) : 'NULL'} AS title
       FROM main.${table} NOT INDEXED
       WHERE typeof(id) = 'integer' AND id BETWEEN ${LAST_CHANNEL} AND -1
         AND (id > ${CHANNELS_BELOW} OR ${isChannel}) AND ${seenAt} >= ?
         ${kind ? `AND "${kind.column}" IN (${kind.wanted})` : ''}
       ORDER BY seen DESC, id LIMIT ${MAX_PEERS_PER_SESSION}`,
    )
    .all(BigInt(Math.floor(since / 1000)));
  const more = rows.length > 0 ? namesOf(database, schema) : new Map<bigint, string[]>();
  const owned = new Set<string>();
  return rows.map((row) => rememberedChannel(row, more.get(row.id) ?? [], owned));
}

/** The value of a column if it is a text of at most so many bytes, which is told without loading it; else null. */
function shortText(column: string, bytes: number): string {
  return `CASE WHEN typeof("${column}") = 'text' AND octet_length("${column}") <= ${bytes} THEN "${column}" END`;
}

/** The names in a table of their own, by the marked ids of channels. */
function namesOf(database: Database.Database, schema: Schema): Map<bigint, string[]> {
  const names = new Map<bigint, string[]>();
  const columns = plainColumns(database, schema, 'usernames');
  if (!columns?.has('id') || !columns.has('username')) return names;
  const rows = database
    .prepare<[], { readonly id: bigint; readonly name: string | null }>(
      `SELECT id, ${shortText('username', MAX_NAME_BYTES)} AS name FROM main.usernames NOT INDEXED
       WHERE typeof(id) = 'integer' AND id < ${CHANNELS_BELOW} LIMIT ${MAX_NAME_ROWS}`,
    )
    .all();
  for (const { id, name } of rows)
    if (name !== null) names.set(id, [...(names.get(id) ?? []), name].slice(0, MAX_NAMES));
  return names;
}

/** `owned`: the names of channels that were seen later. */
function rememberedChannel(row: ChannelRow, more: readonly string[], owned: Set<string>): RememberedChannel {
  const isChannel = row.id < CHANNELS_BELOW;
  const wanted = isChannel ? [row.name ?? '', ...more].map((name) => name.toLowerCase()) : [];
  const usernames = [...new Set(wanted)].filter((name) => NAME.test(name) && !owned.has(name));
  for (const name of usernames) owned.add(name);
  return {
    channelId: (isChannel ? CHANNELS_BELOW - row.id : -row.id).toString(),
    accessHash: isChannel ? `${row.hash}` : null,
    type: isChannel ? 'channel' : 'chat',
    title: row.title ?? '',
    usernames: usernames.slice(0, MAX_NAMES),
    seenAt: Number(row.seen) * 1000,
  };
}

/** The id as both libraries store it; null: Telegram has no channel or group of this id. */
export function markedId({ channelId, type }: Pick<RememberedChannel, 'channelId' | 'type'>): bigint | null {
  const id = BigInt(channelId);
  const marked = type === 'chat' ? -id : CHANNELS_BELOW - id;
  const last = type === 'chat' ? CHANNELS_BELOW + 1n : LAST_CHANNEL;
  return id > 0n && marked >= last ? marked : null;
}
