import { inspectSession, readCredentials } from './inspect.js';
import type { Credentials } from './session_string.js';
import { isSqlite } from './sqlite_image.js';

/** An uploaded file: a session with its secret, or in plain words why it is none and what to do. */
export type UploadReading =
  | {
      readonly kind: 'session';
      readonly format: 'telethon' | 'pyrogram';
      readonly credentials: Credentials;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Reads the SQLite session file that somebody uploaded. Throws on no content, only when memory runs out;
 * its size is for the caller to limit.
 */
export function readUpload(bytes: Buffer): UploadReading {
  if (bytes.length === 0) return refused('the file is empty: export the session again');
  if (!isSqlite(bytes)) return refused('not a SQLite file: export it as a Telethon .session file');
  const files = { session: bytes, json: null };
  const { format, dead } = inspectSession(files);
  const credentials = dead === null ? readCredentials(files) : null;
  if (credentials !== null && (format === 'telethon' || format === 'pyrogram')) {
    return { kind: 'session', format, credentials };
  }
  if (dead === null) {
    return refused('a SQLite file, but no session that can be read: export it as a Telethon .session file');
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
