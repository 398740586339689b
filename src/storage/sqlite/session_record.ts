import type { SessionRecord } from '../../sessions/store.js';
import type { SessionRow } from './session_rows.js';

/** What leaves the storage of a row: nothing of its lease, and no digest of its auth key. */
export function sessionRecord(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    name: row.name,
    file: row.file,
    jsonFile: row.jsonFile,
    format: row.format,
    dcId: row.dcId,
    userId: row.userId,
    phoneNumber: row.phoneNumber,
    apiId: row.apiId,
    apiHash: row.apiHash,
    state: row.state,
    stateReason: row.stateReason,
    rest: row.rest,
    restReason: row.restReason,
    stateUntil: row.stateUntil,
    tags: row.tags,
    proxyId: row.proxyId,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    lastCheckedAt: row.lastCheckedAt,
    lastUsedAt: row.lastUsedAt,
  };
}
