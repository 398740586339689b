import { countsOf } from '../../pool/session_state.js';
import type { State } from '../../pool/states.js';
import { type CopiedTable, columnAt, type Row } from './copied_tables.js';

/** Counts the sessions that are copied as the pool counts them. */
export class Tallies {
  readonly counts = new Map<string, number>();

  /** Counts these rows, if the table is that of the sessions. */
  add(table: CopiedTable, rows: readonly Row[]): void {
    if (table.name !== 'sessions') return;
    const at = (name: string) => columnAt(table, name);
    const [state, limited, leaseHolder] = [at('state'), at('limited'), at('lease_holder')];
    for (const row of rows) {
      const names = countsOf({
        state: row[state] as State,
        limited: row[limited] !== 0,
        leaseHolder: row[leaseHolder] as string | null,
      });
      for (const name of names) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    }
  }
}
