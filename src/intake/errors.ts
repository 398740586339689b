import { Conflict, Failed } from '../kernel/errors.js';
import { nameOf } from './names.js';

/** SESSIONS_DIR can't be listed, so nothing is known about any session: no row may be changed. */
export class SessionsDirectoryUnreadable extends Failed {
  readonly directory: string;
  /** The system's own code: `ENOENT`, `EACCES`, … */
  readonly systemCode: string;

  constructor(directory: string, systemCode: string) {
    super(`Sessions directory ${directory} can't be read: ${systemCode}`, {
      code: 'sessions_directory_unreadable',
    });
    this.directory = directory;
    this.systemCode = systemCode;
  }
}

/** One session's file can't be read now; `file` is relative to the sessions directory. */
export class SessionFileUnreadable extends Failed {
  readonly file: string;
  readonly reason: string;

  constructor(file: string, reason: string) {
    super(`Session file ${file} can't be read: ${reason}`, { code: 'session_file_unreadable' });
    this.file = file;
    this.reason = reason;
  }
}

/** A scan did not finish, and what it found is dropped. The next one may succeed. */
export class ScanInterrupted extends Failed {
  /** The file it was reading when it was stopped for taking too long; null: stopped for another reason. */
  readonly file: string | null;

  constructor(reason: string, file: string | null = null) {
    super(reason, { code: 'scan_interrupted' });
    this.file = file;
  }
}

/** So many files are gone that the disk may not be mounted; no row was changed. */
export class MassRemovalRefused extends Conflict {
  /** Whether the directory itself seems to be gone, not only some of its files. */
  readonly looksLost: boolean;
  /** The device of the directory, `st_dev` in decimal. */
  readonly device: string;

  constructor(
    message: string,
    facts: {
      readonly known: number;
      readonly gone: number;
      readonly looksLost: boolean;
      readonly device: string;
    },
  ) {
    const { known, gone, looksLost, device } = facts;
    super({ error: 'mass_removal_guard', message, would_remove: gone, known });
    this.looksLost = looksLost;
    this.device = device;
  }
}

/** The session has files, and this replica has no access to them. */
export class NoSessionsDirectory extends Conflict {
  constructor({ id, name }: { readonly id: number; readonly name: string }) {
    const message =
      `This replica runs with SESSIONS_SYNC=off and has no access to the files of ${name}. Send the request to a ` +
      'replica that has the sessions directory';
    super({ error: 'no_sessions_directory', message, session_id: id, session_name: name });
  }
}

/** A session of that name exists, or a file that would become part of it. */
export class FileNameTaken extends Conflict {
  /** `conflict`: the file that has the name, relative to the sessions directory. */
  constructor(name: string, conflict: string) {
    const message = `The name ${name} is taken: ${conflict} is in the sessions directory`;
    const naming = nameOf(conflict);
    super({ error: 'name_taken', message, session_name: 'name' in naming ? naming.name : name });
  }
}

/** Another program is writing the file, or stopped halfway: the rest would be written under the old name. */
export class FileInUse extends Conflict {
  /** `file`: relative to the sessions directory. */
  constructor(file: string) {
    const message = `Session file ${file} is being written: close the program that has it open, and try again`;
    super({ error: 'file_in_use', message, session_file: file });
  }
}

/** Whether it is an error of the operating system, not a bug. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  // The runtime's own errors are not instances of `Error` inside another vm context.
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
}

/** The system's code of a failed call (`EACCES`), or whatever else names the failure. */
export function systemCode(error: unknown): string {
  if (isSystemError(error) && error.code !== undefined) return error.code;
  return error instanceof Error ? error.message : String(error);
}

/** Runs `work` on the file; a system error becomes Failed: "Session file a.session can't be written: EACCES". */
export async function withFileErrors<Result>(
  file: string,
  done: 'written' | 'renamed' | 'removed',
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const message = `Session file ${file} can't be ${done}: ${systemCode(error)}`;
    throw new Failed(message, { code: `session_file_not_${done}`, cause: error });
  }
}
