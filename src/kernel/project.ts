import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the project, in which the sources are compiled to `dist/src`. */
export const PROJECT_ROOT = resolve(fileURLToPath(new URL('../../..', import.meta.url)));

/** Where the generated migrations of SQLite are. */
export const SQLITE_MIGRATIONS = join(PROJECT_ROOT, 'drizzle', 'sqlite');

/** Where the generated migrations of PostgreSQL are. */
export const POSTGRES_MIGRATIONS = join(PROJECT_ROOT, 'drizzle', 'postgres');

/** The version of this program. */
export function readVersion(): string {
  const text = readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8');
  const parsed: unknown = JSON.parse(text);
  const version =
    typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : null;
  return typeof version === 'string' ? version : '0.0.0';
}
