import { DatabaseRefused } from '../refused.js';

/** @throws DatabaseRefused when tables of the target have rows; it names them. */
export function refuseOccupied(place: string, tables: readonly string[]): void {
  if (tables.length === 0) return;
  throw new DatabaseRefused(
    `${place} is not empty: there are rows in ${tables.join(', ')}. Nothing was changed: a copy needs a new database.`,
  );
}
