import { Conflict, Failed } from '../errors.js';
import { isSystemError, systemCode } from './errors.js';

/** Another program is writing the file, or stopped halfway: what it has not written yet goes by the old name. */
export class FileInUse extends Conflict {
  /** `file`: relative to the sessions directory. */
  constructor(file: string) {
    const message = `Session file ${file} is being written: close the program that has it open, and try again`;
    super({ error: 'file_in_use', message, session_file: file });
  }
}

/** Does `work` to the file; the system's refusal becomes Failed: "Session file a.session can't be written: EACCES". */
export async function failingAs<Result>(
  file: string,
  done: 'written' | 'renamed' | 'removed',
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new Failed(`Session file ${file} can't be ${done}: ${systemCode(error)}`, { cause: error });
  }
}
