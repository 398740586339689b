import { join } from 'node:path';
import { DatabaseInUse } from '../../storage/database.js';
import { type Lock, takeLock } from '../../storage/sqlite/open.js';
import { OperationRefused } from '../refused.js';

/**
 * Keeps other processes from a directory in which this one works, by a file of this name in it.
 * @throws OperationRefused with this message if another process has it; DatabaseRefused if it can't be taken.
 */
export function lockStaging(path: string, name: string, refusal: string): Lock {
  try {
    return takeLock(join(path, name));
  } catch (error) {
    throw error instanceof DatabaseInUse ? new OperationRefused(refusal) : error;
  }
}
