import { eq, sql } from 'drizzle-orm';
import { authorizeBlock, decideBlock } from '../../pool/block_decision.js';
import type { Caller, Relation } from '../../pool/lease_authorization.js';
import type { Block, BlockOutcome } from '../../pool/store.js';
import { methodFloods } from './schema.js';
import type { SessionRow, Unit } from './unit.js';

/** Blocks the session if the caller may. */
export async function block(
  unit: Unit,
  sessionId: number,
  caller: Caller,
  wanted: Block,
  now: number,
): Promise<BlockOutcome> {
  const row = await unit.byId(sessionId, now);
  if (!row) return { kind: 'unknown' };
  const authorized = authorizeBlock(row, caller);
  if (authorized.kind !== 'allowed') return authorized;
  return carryOutBlock(unit, row, wanted, { caller, as: authorized.as }, now);
}

/** Blocks the session for a caller who may. */
export async function carryOutBlock(
  unit: Unit,
  row: SessionRow,
  wanted: Block,
  { caller, as }: { readonly caller: Caller; readonly as: Relation },
  now: number,
): Promise<BlockOutcome> {
  const decision = decideBlock(row, wanted, caller, as, now);
  if (decision.kind === 'nothing') return blocked(row, as);
  if (decision.kind === 'event') {
    const { event, changes, entry, until } = decision;
    const after = await unit.happen(row, event, changes, entry);
    return after ? blocked(after, as) : { kind: 'blocked', state: row.state, until, as };
  }
  const { changes, entry, method } = decision;
  if (method) await floodMethod(unit, row.id, method.name, method.until);
  const after = await unit.write(row, changes);
  unit.note(after, entry);
  return method ? { kind: 'blocked', state: row.state, until: method.until, as } : blocked(after, as);
}

/** Ends every method's flood wait of a locked row; the row as it is then, the same one if there was none. */
export async function liftMethods(unit: Unit, row: SessionRow): Promise<SessionRow> {
  if (!row.limited) return row;
  await unit.db.delete(methodFloods).where(eq(methodFloods.sessionId, row.id));
  return unit.write(row, { limited: false });
}

async function floodMethod(unit: Unit, sessionId: number, method: string, until: number): Promise<void> {
  await unit.db
    .insert(methodFloods)
    .values({ sessionId, method, until })
    .onConflictDoUpdate({
      target: [methodFloods.sessionId, methodFloods.method],
      set: { until: sql`greatest(${methodFloods.until}, excluded.until)` },
    });
  unit.expect(until);
}

function blocked(row: SessionRow, as: Relation): BlockOutcome {
  return { kind: 'blocked', state: row.state, until: row.stateUntil, as };
}
