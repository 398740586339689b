import { type HistoryEntry, idleState } from '../../pool/session_state.js';
import type { State } from '../../pool/states.js';
import type { SessionRow } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';

/** States that depend on the condition of the account and on its uses. */
const SETTLED: ReadonlySet<State> = new Set(['free', 'frozen', 'used_up']);

/**
 * Brings a locked session to its idle state after its condition or its uses have changed; returns the updated row, null
 * if it has that state already, or something else decides its state.
 */
export async function settleIdle(
  unit: UnitOfWork,
  row: SessionRow,
  entry: HistoryEntry,
): Promise<SessionRow | null> {
  if (!SETTLED.has(row.state) || idleState(row, entry.at) === row.state) return null;
  return unit.applyEvent(row, 'reconcile', {}, entry);
}

/** As `settleIdle`, and the entry is in its history whether its state has changed or not; returns the updated row. */
export async function settleAndRecord(
  unit: UnitOfWork,
  row: SessionRow,
  entry: HistoryEntry,
): Promise<SessionRow> {
  const settled = await settleIdle(unit, row, entry);
  if (settled === null) unit.record(row, entry);
  return settled ?? row;
}
