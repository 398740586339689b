import type { SessionRecord } from '../../sessions/store.js';
import type { SessionRow } from '../tables.js';

/** The part of a row that leaves storage: without its lease and the digest of its auth key. */
export function sessionRecord(row: SessionRow): SessionRecord {
  const { id, name, file, jsonFile, format, dcId, userId, phoneNumber, apiId, apiHash } = row;
  const { state, stateReason, baseState, baseStateReason, stateUntil, tags, proxyId } = row;
  const { createdAt, updatedAt, lastCheckedAt, lastUsedAt } = row;
  const description = { id, name, file, jsonFile, format, dcId, userId, phoneNumber, apiId, apiHash };
  const poolState = { state, stateReason, baseState, baseStateReason, stateUntil, tags, proxyId };
  return { ...description, ...poolState, createdAt, updatedAt, lastCheckedAt, lastUsedAt };
}
