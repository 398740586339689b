import type { StoredProxy } from '../../kernel/proxy.js';
import type { Lease } from '../../pool/store.js';
import type { HealthReason } from '../../sessions/health_score.js';
import type { SessionRecord } from '../../sessions/store.js';
import type { SessionRow } from '../tables.js';

/** The part of a row that leaves storage: without its lease's id and the digest of its auth key. */
export function sessionRecord(row: SessionRow): SessionRecord {
  const { id, name, file, jsonFile, format, dcId, userId, phoneNumber, apiId, apiHash } = row;
  const { state, stateReason, baseState, baseStateReason, stateUntil, tags, proxyId } = row;
  const { createdAt, updatedAt, lastCheckedAt, lastUsedAt, methodFlooded } = row;
  const leased = state === 'leased';
  const lease = { holder: leased ? row.leaseHolder : null, leasedAt: leased ? lastUsedAt : null };
  const description = { id, name, file, jsonFile, format, dcId, userId, phoneNumber, apiId, apiHash };
  const poolState = { state, stateReason, baseState, baseStateReason, stateUntil, tags, proxyId };
  const times = { createdAt, updatedAt, lastCheckedAt, lastUsedAt };
  const { condition, conditionDetail, usesDay, usesToday, usedUpUntil } = row;
  const account = { condition, conditionDetail, usesDay, usesToday, usedUpUntil };
  const reasons: readonly HealthReason[] = JSON.parse(row.healthReasons);
  const health = { score: 100 - row.healthPenalty, reasons };
  return { ...description, ...poolState, ...times, ...lease, methodFlooded, ...account, health };
}

/** The lease of a leased session, as its holder gets it. */
export function leaseOf(row: SessionRow, proxy: StoredProxy | null): Lease {
  const { id: sessionId, name: sessionName, file, jsonFile, format, phoneNumber, userId, apiId, tags } = row;
  const session = { sessionId, sessionName, file, jsonFile, format, phoneNumber, userId, apiId, tags, proxy };
  return { leaseId: row.leaseId ?? '', expiresAt: row.stateUntil ?? 0, ...session, fence: row.leaseFence };
}
