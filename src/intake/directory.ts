import { Conflict } from '../errors.js';
import type { SessionPaths } from './moving.js';
import type { Scanner } from './scanner.js';
import type { SessionFiles } from './session_files.js';
import type { SyncService } from './sync.js';

/** SESSIONS_DIR, on a replica that has it. */
export interface SessionsDirectory {
  readonly scanner: Scanner;
  readonly sync: SyncService;
  readonly files: SessionFiles;
}

/** The session has files, and this replica can't get at them. */
export class NoSessionsDirectory extends Conflict {
  constructor({ id, name }: { readonly id: number; readonly name: string }) {
    const message =
      `The files of ${name} are not to be had here: this replica runs with SESSIONS_SYNC=off. Send the request to a ` +
      'replica that has the sessions directory';
    super({ error: 'no_sessions_directory', message, session_id: id, session_name: name });
  }
}

/** Whether the session has a file at all; one that has none is in the database only. */
export function hasFiles({ file, jsonFile }: SessionPaths): boolean {
  return file !== null || jsonFile !== null;
}
