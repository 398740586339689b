import { Failed } from '../errors.js';

/** SESSIONS_DIR can't be listed, so nothing can be said of any session: no row may be touched. */
export class SessionsDirectoryUnreadable extends Failed {
  readonly directory: string;
  /** The system's own code: `ENOENT`, `EACCES`, … */
  readonly systemCode: string;

  constructor(directory: string, systemCode: string) {
    super(`Sessions directory ${directory} can't be read: ${systemCode}`);
    this.directory = directory;
    this.systemCode = systemCode;
  }
}

/** One session's file can't be read now; `file` is relative to the sessions directory. */
export class SessionFileUnreadable extends Failed {
  readonly file: string;
  readonly reason: string;

  constructor(file: string, reason: string) {
    super(`Session file ${file} can't be read: ${reason}`);
    this.file = file;
    this.reason = reason;
  }
}

/** A scan came to no end and is forgotten: nothing it would have said is known. The next one may pass. */
export class ScanInterrupted extends Failed {
  /** The file it was reading when it was stopped for taking too long; null: stopped for another reason. */
  readonly file: string | null;

  constructor(reason: string, file: string | null = null) {
    super(reason);
    this.file = file;
  }
}

/** Whether it was the operating system that refused, and not a mistake of ours. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  // The runtime's own errors are no instances of `Error` inside another vm context.
  return typeof error === 'object' && error !== null && 'syscall' in error && 'code' in error;
}

/** The system's code of a failed call (`EACCES`), or whatever else names the failure. */
export function systemCode(error: unknown): string {
  if (isSystemError(error) && error.code !== undefined) return error.code;
  return error instanceof Error ? error.message : String(error);
}
