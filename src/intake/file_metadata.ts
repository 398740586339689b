import { digest, sameDigest } from '../digests.js';
import type { FoundFile } from './store.js';

/** What a row knows that its file may not say. */
export interface KnownOfFile {
  readonly userId: string | null;
  readonly phoneNumber: string | null;
  readonly apiId: number | null;
  readonly apiHash: string | null;
  readonly credentials: string | null;
  readonly lastCheckedAt: number | null;
}

/**
 * What the file says of its session, and of the row what it does not say. `gained`: the auth key is another
 * one, so that the row knows nothing of its user.
 */
export function mergeFileMetadata(row: KnownOfFile, found: FoundFile, gained: boolean) {
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
    // They hold the auth key: those of another one must not outlive it.
    credentials: found.credentials ?? (gained ? null : row.credentials),
    lastCheckedAt: gained ? null : row.lastCheckedAt,
  };
}

/** What makes a row another one, beside its auth key. A fingerprint says no more than that the file was touched. */
const LEARNED = [
  'name',
  'file',
  'jsonFile',
  'format',
  'dcId',
  'userId',
  'phoneNumber',
  'apiId',
  'apiHash',
] as const;

/** When the row was last changed, now that its file says this. `gained`: as for `mergeFileMetadata`. */
export function updatedBy<Row extends Record<(typeof LEARNED)[number], unknown>>(
  row: Row & { readonly updatedAt: number },
  told: Record<(typeof LEARNED)[number], unknown>,
  gained: boolean,
  now: number,
): number {
  return gained || LEARNED.some((column) => row[column] !== told[column]) ? now : row.updatedAt;
}

/** What a row has that may be nowhere else. */
export interface OnlyHere {
  readonly file: string | null;
  readonly jsonFile: string | null;
  readonly authKeySha256: Buffer | null;
  readonly state: string;
}

/**
 * Whether a file that was found must not have the row of its name: the row's session has no file, so that its
 * auth key would be lost. A file with that same key is welcome, and any other once Telegram refuses the old one.
 */
export function wouldLose(row: OnlyHere, found: FoundFile): boolean {
  if (row.file !== null || row.jsonFile !== null || row.state === 'dead') return false;
  return row.authKeySha256 !== null && !sameDigest(row.authKeySha256, digest(found.authKeySha256));
}
