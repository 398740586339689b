import { PassThrough } from 'node:stream';
import { DirectoryAvailability } from '../../src/intake/availability.js';
import { createLogger } from '../../src/logging.js';

/** A logger whose entries nobody reads. */
export const unreadLog = createLogger({ level: 'error', stream: new PassThrough().resume() });

/** What is known of a directory that nobody asks after. */
export function unobservedAvailability(): DirectoryAvailability {
  return new DirectoryAvailability(unreadLog);
}
