import { normalizePhoneNumber } from '../../kernel/phone_number.js';
import { type DecodedString, decodeSessionString } from './session_string.js';

/** The contents of a session's JSON file. Null: missing or implausible. */
export interface JsonSession {
  readonly string: DecodedString | null;
  /** Whether it contains a session string of an unsupported kind. */
  readonly unreadString: boolean;
  /** `+` and 7 to 15 digits. */
  readonly phoneNumber: string | null;
  /** Decimal digits, exact. */
  readonly userId: string | null;
  readonly apiId: number | null;
  /** 32 lower-case hex digits. */
  readonly apiHash: string | null;
}

/** The maximum size of a session's JSON file, in bytes: strings have fewer than 500 characters. */
export const maxJsonBytes = 1024 * 1024;

/** Spellings found in practice, most explicit first; the last ones are also used for other things. */
const stringKeys = `session_string string_session sessionString stringSession session_str sessionStr
  StringSession telethon_session telethon_string gramjs_session gramjs_string pyrogram_session
  pyrogram_string session_data auth_string auth session string`.split(/\s+/);
const phoneKeys = ['phone_number', 'phone', 'phoneNumber'];
const userIdKeys = ['account_id', 'user_id', 'userId', 'id'];
const apiIdKeys = ['api_id', 'app_id', 'apiId', 'appId'];
const apiHashKeys = ['api_hash', 'app_hash', 'apiHash', 'appHash'];

/** Reads a session's JSON file. Null: not valid JSON. Valid JSON that is not an object counts as empty. */
export function readJsonSession(bytes: Buffer): JsonSession | null {
  const content = parseExactly(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  if (content === undefined) return null;
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(content ?? {})) {
    if (typeof value === 'string' || Number.isSafeInteger(value)) values.set(key, String(value).trim());
  }
  const texts = stringKeys.map((key) => values.get(key) ?? '');
  const string = firstOf(texts, decodeSessionString);
  const apiId = firstOf(pick(values, apiIdKeys), (text) =>
    /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null,
  );
  return {
    string,
    unreadString: string === null && texts.some((text) => /^[\w+/=-]{200,4096}$/.test(text)),
    phoneNumber: firstOf(pick(values, phoneKeys), normalizePhoneNumber),
    userId: firstOf(pick(values, userIdKeys), (text) => (/^[1-9]\d{0,18}$/.test(text) ? text : null)),
    apiId: apiId !== null && apiId < 2 ** 31 ? apiId : null,
    apiHash: firstOf(
      pick(values, apiHashKeys),
      (text) => /^[0-9a-f]{32}$/i.exec(text)?.[0].toLowerCase() ?? null,
    ),
  };
}

/** Parses JSON, with integers too wide for a number as strings of digits; undefined: not valid. */
function parseExactly(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!/\d{16}/.test(text)) return parsed;
    const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
    return JSON.parse(text.replace(token, (match) => (/^-?\d{16,}$/.test(match) ? `"${match}"` : match)));
  } catch {
    return undefined;
  }
}

function pick(values: ReadonlyMap<string, string>, keys: readonly string[]): string[] {
  return keys.map((key) => values.get(key) ?? '');
}

function firstOf<T>(texts: readonly string[], read: (text: string) => T | null): T | null {
  for (const text of texts) {
    const value = text === '' ? null : read(text);
    if (value !== null) return value;
  }
  return null;
}
