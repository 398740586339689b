import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseRefused } from './refused.js';

/** A migration by its name, and by the time (milliseconds) under which a database says that it has it. */
export interface Migration {
  readonly tag: string;
  readonly when: number;
}

/** The migrations in a directory, oldest first; at least one. */
function migrationsIn(directory: string): readonly Migration[] {
  const journal = JSON.parse(readFileSync(join(directory, 'meta', '_journal.json'), 'utf8')) as {
    readonly entries: readonly Migration[];
  };
  return journal.entries;
}

/** What the schema is called that the migration of this time left; null: no migration was made. */
export function nameOfVersion(directory: string, applied: number | null): string | null {
  if (applied === null) return null;
  return migrationsIn(directory).find(({ when }) => when === applied)?.tag ?? 'an unknown version';
}

/**
 * Makes sure that a database has all the migrations and none that is newer. `place` names it without a secret.
 * @throws DatabaseRefused that says what to do.
 */
export function refuseOtherVersion(place: string, directory: string, applied: number | null): void {
  const newest = migrationsIn(directory).at(-1)?.when ?? 0;
  if (applied === null) {
    throw new DatabaseRefused(
      `${place} is no database of TeleGate: \`telegate db migrate\` makes one of an empty one.`,
    );
  }
  if (applied < newest) {
    throw new DatabaseRefused(`${place} is of an older TeleGate: run \`telegate db migrate\` on it first.`);
  }
  if (applied > newest) throw new DatabaseRefused(`${place} is of a newer TeleGate: use that one.`);
}
