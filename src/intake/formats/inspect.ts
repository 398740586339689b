import { normalizePhoneNumber } from '../../phone_number.js';
import { authKeyDigest } from './auth_key.js';
import { type JsonSession, readJsonSession } from './json_file.js';
import { readPyrogram } from './pyrogram.js';
import type { Credentials, StringFormat } from './session_string.js';
import { isSqlite, readSqliteImage } from './sqlite_image.js';
import { readTelethon } from './telethon.js';

/** How a session is stored. `json`: a JSON file without a string that can be read. */
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

/** What can be said of a session from its files alone, without its secret. */
export interface Inspection {
  readonly format: SessionFormat;
  /** In plain words why it is certainly dead; null: it is not, or nobody can tell. */
  readonly dead: string | null;
  /** Lower-case hex; null: no usable auth key was found. */
  readonly authKeySha256: string | null;
  readonly dcId: number | null;
  /** Decimal digits. */
  readonly userId: string | null;
  /** `+` and 7 to 15 digits. */
  readonly phoneNumber: string | null;
  readonly apiId: number | null;
}

interface Reading {
  readonly format: SessionFormat;
  readonly dead: string | null;
  readonly credentials: Credentials | null;
}

/**
 * Says what a session's files hold. The JSON file is asked first for phone number and ids; the session
 * file's own key wins where it is usable, else the JSON's string. `name` is asked for the phone number
 * last. Throws on no content, only when memory runs out.
 */
export function inspectSession(files: SessionFiles, name = ''): Inspection {
  const json = files.json && readJsonSession(files.json);
  const { format, dead, credentials } = readFiles(files, json);
  return {
    format,
    dead,
    authKeySha256: credentials && authKeyDigest(credentials.authKey),
    dcId: credentials?.dcId ?? null,
    userId: json?.userId ?? credentials?.userId ?? null,
    phoneNumber: json?.phoneNumber ?? (/^\d+$/.test(name) ? normalizePhoneNumber(name) : null),
    apiId: json?.apiId ?? credentials?.apiId ?? null,
  };
}

/**
 * The credentials in a session's files, the ids its own format has no room for filled in from the JSON
 * file; null: there are none that can be read. Throws on no content, only when memory runs out.
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
  if (files.json === null) return unknownFile;
  return { format: 'json', dead: jsonFault(json), credentials: null };
}

const unknownFile: Reading = { format: 'unknown', dead: null, credentials: null };

function readSessionFile(bytes: Buffer): Reading {
  if (!isSqlite(bytes)) return unknownFile;
  const image = readSqliteImage(bytes);
  if (image.kind === 'torn') {
    return { format: 'unreadable', dead: `not readable as SQLite: ${image.reason}`, credentials: null };
  }
  if (image.kind === 'other') return unknownFile;
  const telethon = readTelethon(image.version, image.sessions);
  if (telethon !== null) return { format: 'telethon', ...telethon };
  const pyrogram = readPyrogram(image.version, image.sessions);
  return pyrogram === null ? unknownFile : { format: 'pyrogram', ...pyrogram };
}

function jsonFault(json: JsonSession | null): string | null {
  if (json === null) return 'not valid JSON';
  return json.unreadString ? null : 'no session string in the JSON file';
}
