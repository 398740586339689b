import type { StoredProxy } from '../../kernel/proxy.js';
import type { Lease } from '../../pool/store.js';
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

/** The lease of a leased session, as its holder gets it. */
export function leaseOf(row: SessionRow, proxy: StoredProxy | null): Lease {
  const { id: sessionId, name: sessionName, file, jsonFile, format, phoneNumber, userId, apiId, tags } = row;
  const session = { sessionId, sessionName, file, jsonFile, format, phoneNumber, userId, apiId, tags, proxy };
  return { leaseId: row.leaseId ?? '', expiresAt: row.stateUntil ?? 0, ...session };
}
