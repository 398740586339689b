import type { Database } from 'better-sqlite3';
import { foldName } from '../folding.js';

/** Folds the names that a migration could not: SQL knows the case of ASCII letters only. */
export function foldRemainingNames(sqlite: Database): void {
  const remaining = sqlite.prepare<[], { id: number; name: string }>(
    "SELECT id, name FROM sessions WHERE folded_name = ''",
  );
  const save = sqlite.prepare<[string, number]>('UPDATE sessions SET folded_name = ? WHERE id = ?');
  sqlite.transaction(() => {
    for (const { id, name } of remaining.all()) save.run(foldName(name), id);
  })();
}
