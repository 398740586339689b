import { describe } from '@jest/globals';
import { serverPrograms } from './server_programs.js';

/** `describe`, or `describe.skip` and one line of output if no server can be started. */
export function describeWithOwnServer(): typeof describe | typeof describe.skip {
  if (serverPrograms()) return describe;
  process.stderr.write(
    'No PostgreSQL server can be started (initdb, a user postgres): its tests are skipped.\n',
  );
  return describe.skip;
}
