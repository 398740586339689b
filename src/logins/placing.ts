import { hasFiles, NoSessionsDirectory, type SessionsDirectory } from '../intake/directory.js';
import type { Credentials } from '../intake/formats/session_string.js';
import { telethonFile } from '../intake/formats/telethon_file.js';
import type { Scanner } from '../intake/scanner.js';
import { FileNameTaken, type PlacedFile } from '../intake/session_files.js';
import type { SessionRecord } from '../sessions/store.js';

/** Where a finished login's session is: the path of its file; null: in the database only. */
export interface Placed extends Omit<PlacedFile, 'path'> {
  readonly path: string | null;
}

/** A session that was not in need of a file. */
const NOWHERE: Placed = { path: null, undo: async () => undefined };

/**
 * Puts the session's file where it belongs; `undo` takes it away again. `replaced`: the session that it is
 * logged in anew for. @throws FileNameTaken; NoSessionsDirectory; Failed where the file can't be written.
 */
export async function placeSession(
  directory: SessionsDirectory | null,
  name: string,
  replaced: SessionRecord | null,
  credentials: Credentials,
): Promise<Placed> {
  if (directory === null) {
    // Its file would stay as it was, and bring the old auth key back.
    if (replaced && hasFiles(replaced)) throw new NoSessionsDirectory(replaced);
    return NOWHERE;
  }
  const { files, scanner } = directory;
  const bytes = telethonFile(credentials);
  const path = replaced && pathOf(replaced);
  if (path && (await isThere(scanner, path))) return files.replace(path, bytes);
  try {
    return await files.create(name, bytes, replaced?.jsonFile ? [replaced.jsonFile] : []);
  } catch (error) {
    const path = `${name}.session`;
    // A stop between the file and its row leaves the file: it is this login's own then.
    const own = error instanceof FileNameTaken && (await holds(scanner, path, credentials.authKey));
    if (own) return { path, undo: NOWHERE.undo };
    throw error;
  }
}

async function holds(scanner: Scanner, path: string, authKey: Buffer): Promise<boolean> {
  const credentials = await scanner.credentials(path, null).catch(() => null);
  return credentials?.authKey.equals(authKey) ?? false;
}

async function isThere(scanner: Scanner, path: string): Promise<boolean> {
  return (await scanner.fileBytes(path).catch(() => null)) !== null;
}

function pathOf({ file, jsonFile }: SessionRecord): string | null {
  return file ?? jsonFile?.replace(/\.json$/, '.session') ?? null;
}
