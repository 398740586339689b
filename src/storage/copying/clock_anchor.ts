import { ANCHOR } from '../saved_clock.js';
import { type CopiedTable, columnAt, type Row } from './copied_tables.js';
import type { CopySource } from './ends.js';

/**
 * The source without the anchor of its clock, which means nothing where the server is the clock. Deadlines are
 * copied as they are: if the wall clock of the source's machine was stepped, they are off by that step then.
 */
export function withoutAnchor(source: CopySource): CopySource {
  return {
    mark: source.mark,
    highestId: (table) => source.highestId(table),
    close: () => source.close(),
    rows: (table) => (table.name === 'facts' ? withoutFact(source, table) : source.rows(table)),
  };
}

async function* withoutFact(source: CopySource, table: CopiedTable): AsyncGenerator<readonly Row[]> {
  const name = columnAt(table, 'name');
  for await (const rows of source.rows(table)) yield rows.filter((row) => row[name] !== ANCHOR);
}
