import { and, eq, gt } from 'drizzle-orm';
import { ALIVE } from '../../pool/account_condition.js';
import { frozen, REFUSED_WHILE_FROZEN_SECONDS } from '../../pool/lease_decisions.js';
import type { Freeze } from '../../pool/store.js';
import type { SessionRow } from '../tables.js';
import type { UnitOfWork } from '../unit_of_work.js';
import { settleAndRecord } from './idle_state.js';
import { recordToll, rescore } from './session_days.js';

/** Records what Telegram says of the freeze of a locked session's account; null: it is not frozen. */
export async function applyFreeze(
  unit: UnitOfWork,
  row: SessionRow,
  freeze: Freeze | null,
  now: number,
): Promise<void> {
  if (freeze === null) {
    if (row.condition === 'frozen') await thaw(unit, row, now);
    return;
  }
  const after = await unit.write(row, frozen(row, freeze, now));
  if (row.condition === 'frozen') return;
  const settled = await settleAndRecord(unit, after, { at: now, event: 'frozen', detail: freeze.reason });
  await recordToll(unit, settled, { floodSeconds: 0, errors: 1 }, now);
}

/** The account is alive, and may call what it was refused while it was frozen; its flood waits go on. */
async function thaw(unit: UnitOfWork, row: SessionRow, now: number): Promise<void> {
  const { methodFloods } = unit.tables;
  const { sessionId, until } = methodFloods;
  const refused = gt(until, now + (REFUSED_WHILE_FROZEN_SECONDS / 2) * 1000);
  await unit.db.delete(methodFloods).where(and(eq(sessionId, row.id), refused));
  const left = await unit.db.select({ until }).from(methodFloods).where(eq(sessionId, row.id)).limit(1);
  const alive = await unit.write(row, { ...ALIVE, methodFlooded: left.length > 0 });
  await rescore(unit, await settleAndRecord(unit, alive, { at: now, event: 'alive' }), now);
}
