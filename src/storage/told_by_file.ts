import type { FoundFile } from '../intake/store.js';

/** What a row knows that its file may not say. */
export interface KnownOfFile {
  readonly userId: string | null;
  readonly phoneNumber: string | null;
  readonly apiId: number | null;
  readonly apiHash: string | null;
  readonly lastCheckedAt: number | null;
}

/**
 * What the file says of its session, and of the row what it does not say. `gained`: the auth key is another
 * one, so that the row knows nothing of its user.
 */
export function toldByFile(row: KnownOfFile, found: FoundFile, gained: boolean) {
  const { json, dead: _, authKeySha256: __, ...columns } = found;
  const apiId = found.apiId ?? row.apiId;
  return {
    ...columns,
    jsonFile: json,
    userId: found.userId ?? (gained ? null : row.userId),
    phoneNumber: found.phoneNumber ?? row.phoneNumber,
    apiId,
    // It is the hash of the other application.
    apiHash: apiId === row.apiId ? row.apiHash : null,
    lastCheckedAt: gained ? null : row.lastCheckedAt,
  };
}
