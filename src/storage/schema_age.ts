import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseRefused } from './database.js';

/** A migration: its name, and the time (milliseconds) under which a database records it. */
export interface Migration {
  readonly tag: string;
  readonly when: number;
}

/** The migrations in a directory, oldest first; at least one. */
export function migrationsIn(directory: string): readonly Migration[] {
  const journal = JSON.parse(readFileSync(join(directory, 'meta', '_journal.json'), 'utf8')) as {
    readonly entries: readonly Migration[];
  };
  return journal.entries;
}

/** A schema compared with that of this version; `none`: no migration was applied. */
export type SchemaAge = 'none' | 'older' | 'current' | 'newer';

/** Compares the newest migration that a database has with those in a directory. */
export function compareSchema(directory: string, applied: number | null): SchemaAge {
  const newest = migrationsIn(directory).at(-1)?.when ?? 0;
  if (applied === null) return 'none';
  return applied === newest ? 'current' : applied < newest ? 'older' : 'newer';
}

/** The name of the schema after the migration of this time; null: no migration was applied. */
export function nameOfVersion(directory: string, applied: number | null): string | null {
  if (applied === null) return null;
  return migrationsIn(directory).find(({ when }) => when === applied)?.tag ?? 'an unknown version';
}

/**
 * Makes sure that a database has all migrations and none that is newer. `place` names it without a secret.
 * @throws DatabaseRefused that says what to do.
 */
export function refuseOtherVersion(place: string, directory: string, applied: number | null): void {
  const age = compareSchema(directory, applied);
  if (age === 'none') {
    throw new DatabaseRefused(
      `${place} is not a TeleGate database: \`telegate db migrate\` sets up an empty one.`,
    );
  }
  if (age === 'older') {
    throw new DatabaseRefused(
      `${place} belongs to an older version of TeleGate: run \`telegate db migrate\` on it first.`,
    );
  }
  if (age === 'newer')
    throw new DatabaseRefused(`${place} belongs to a newer version of TeleGate: use that version.`);
}

/**
 * Makes sure that this version knows all migrations of the database that it is about to use. What a newer version has
 * changed, it could misread.
 * @throws DatabaseRefused that says what to do.
 */
export function refuseNewerVersion(place: string, directory: string, applied: number | null): void {
  if (compareSchema(directory, applied) !== 'newer') return;
  throw new DatabaseRefused(
    `${place} belongs to a newer version of TeleGate: use that version, or restore a backup that was made before the upgrade.`,
  );
}
