import { normalizePhoneNumber } from '../../kernel/phone_number.js';
import type { RememberedChannel } from '../../peers/store.js';
import { type JsonSession, readJsonSession } from './json_file.js';
import { readKnownChannels } from './known_channels.js';
import { authKeyDigest, type Credentials, type StringFormat } from './session_string.js';
import { isSqlite } from './sqlite_image.js';
import { readSqliteSession } from './sqlite_session.js';

/** How a session is stored. `json`: a JSON file without a readable session string. */
export type SessionFormat =
  | 'telethon'
  | 'pyrogram'
  | `${StringFormat}-json`
  | 'json'
  | 'unknown'
  | 'unreadable';

/** The bytes of a session's files; null: it has no such file. */
export interface SessionFiles {
  readonly session: Buffer | null;
  readonly json: Buffer | null;
}

/** What a session's files say about it, without its secret. */
export interface Inspection {
  readonly format: SessionFormat;
  /** Why it is certainly dead; null: it is not, or that is unknown. */
  readonly dead: string | null;
  /** Lower-case hex; null: no usable auth key was found. */
  readonly authKeySha256: string | null;
  readonly dcId: number | null;
  /** Decimal digits. */
  readonly userId: string | null;
  /** `+` and 7 to 15 digits. */
  readonly phoneNumber: string | null;
  readonly apiId: number | null;
  /** Whether its session file remembers channels, as far as a glance tells. */
  readonly remembersChannels: boolean;
}

interface Reading {
  readonly format: SessionFormat;
  readonly dead: string | null;
  readonly credentials: Credentials | null;
  readonly remembersChannels?: boolean;
}

/**
 * Inspects a session's files. Phone number and ids are taken from the JSON file first, the auth key from the session
 * file if it is usable, else from the JSON's string, and the phone number from `name` last. Never throws on any
 * content, only if memory runs out.
 */
export function inspectSession(files: SessionFiles, name = ''): Inspection {
  const json = files.json && readJsonSession(files.json);
  const { format, dead, credentials, remembersChannels = false } = readFiles(files, json);
  return {
    format,
    dead,
    authKeySha256: credentials && authKeyDigest(credentials.authKey),
    dcId: credentials?.dcId ?? null,
    userId: json?.userId ?? credentials?.userId ?? null,
    phoneNumber: json?.phoneNumber ?? (/^\d+$/.test(name) ? normalizePhoneNumber(name) : null),
    apiId: json?.apiId ?? credentials?.apiId ?? null,
    remembersChannels,
  };
}

/**
 * The channels that a session file remembers, those first that were seen last, and at `since` or later, in
 * milliseconds; null: it is another session's than the one with this auth key. Never throws on any content, only if
 * memory runs out.
 */
export function rememberedBy(
  session: Buffer,
  authKeySha256: string,
  since: number,
): RememberedChannel[] | null {
  const { credentials } = readSessionFile(session);
  if (credentials === null || authKeyDigest(credentials.authKey) !== authKeySha256) return null;
  return readKnownChannels(session, since);
}

/**
 * The credentials in a session's files, with ids that its own format lacks taken from the JSON file; null: there are
 * no readable ones. Never throws on any content, only if memory runs out.
 */
export function readCredentials(files: SessionFiles): Credentials | null {
  const json = files.json && readJsonSession(files.json);
  const { credentials } = readFiles(files, json);
  if (credentials === null) return null;
  const userId = credentials.userId ?? json?.userId ?? null;
  return { ...credentials, userId, apiId: credentials.apiId ?? json?.apiId ?? null };
}

function readFiles(files: SessionFiles, json: JsonSession | null): Reading {
  const own = files.session === null ? null : readSessionFile(files.session);
  if (own?.credentials) return own;
  if (json?.string) {
    const { format, credentials } = json.string;
    return { format: `${format}-json`, dead: null, credentials };
  }
  if (own !== null) return own;
  if (files.json === null) return UNKNOWN_FILE;
  return { format: 'json', dead: jsonFault(json), credentials: null };
}

const UNKNOWN_FILE: Reading = { format: 'unknown', dead: null, credentials: null };

function readSessionFile(bytes: Buffer): Reading {
  return isSqlite(bytes) ? readSqliteSession(bytes) : UNKNOWN_FILE;
}

function jsonFault(json: JsonSession | null): string | null {
  if (json === null) return 'not valid JSON';
  return json.unreadString ? null : 'no session string in the JSON file';
}

/** An uploaded file: a session with its secret, or why it is not one and what to do. */
export type UploadReading =
  | {
      readonly kind: 'session';
      readonly format: 'telethon' | 'pyrogram';
      readonly credentials: Credentials;
      readonly channels: readonly RememberedChannel[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Reads an uploaded SQLite session file. Never throws on any content, only if memory runs out; the caller limits its
 * size.
 */
export function readUpload(bytes: Buffer): UploadReading {
  if (bytes.length === 0) return refused('the file is empty: export the session again');
  if (!isSqlite(bytes)) return refused('not a SQLite file: export it as a Telethon .session file');
  const files = { session: bytes, json: null };
  const { format, dead } = inspectSession(files);
  const credentials = dead === null ? readCredentials(files) : null;
  if (credentials !== null && (format === 'telethon' || format === 'pyrogram')) {
    return { kind: 'session', format, credentials, channels: readKnownChannels(bytes) };
  }
  if (dead === null) {
    return refused('a SQLite file without a readable session: export it as a Telethon .session file');
  }
  return refused(format === 'unreadable' ? torn(dead) : withoutKey(format, dead));
}

function torn(dead: string): string {
  return `${dead}: copy the file again while no program has it open`;
}

function withoutKey(format: string, dead: string): string {
  const which = `a ${format === 'telethon' ? 'Telethon' : 'Pyrogram'} file`;
  if (dead === 'no auth key') {
    return `${which} without an auth key: it was never logged in, or was logged out; log in and upload it again`;
  }
  return `${which} with a broken key (${dead}): export the session again`;
}

function refused(reason: string): UploadReading {
  return { kind: 'refused', reason };
}
