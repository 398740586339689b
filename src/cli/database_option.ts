import { ConfigError } from '../config.js';
import { type NamedDatabase, parseDatabaseUrl } from '../storage/target.js';

/** What a database is named by on the command line. */
export const DATABASE_URL_HELP = 'sqlite:PATH, file:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE';

/**
 * The database that an option names. @throws ConfigError that names the option and shows nothing of its value,
 * in which a password may be.
 */
export function databaseOption(option: string, url: string): NamedDatabase {
  try {
    return parseDatabaseUrl(url);
  } catch {
    throw new ConfigError(`${option}: wanted ${DATABASE_URL_HELP}`);
  }
}
