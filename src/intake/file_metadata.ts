import { digest, sameDigest } from '../kernel/digests.js';
import type { FoundFile } from './store.js';

/** What a row says of its session. */
export interface KnownOfFile {
  readonly name: string;
  readonly file: string | null;
  readonly jsonFile: string | null;
  readonly format: string;
  readonly dcId: number | null;
  readonly userId: string | null;
  readonly phoneNumber: string | null;
  readonly apiId: number | null;
  readonly apiHash: string | null;
  readonly credentials: string | null;
  readonly lastCheckedAt: number | null;
  readonly updatedAt: number;
}

/** What describes a session, beside its auth key. A fingerprint says no more than that the file was touched. */
const DESCRIPTION = [
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

/**
 * What the file says of its session, and of the row what it does not say. `keyChanged`: the auth key is another
 * one, so that the row knows nothing of its user. `updatedAt` moves only if the description or the key changed.
 */
export function mergeFileMetadata(row: KnownOfFile, found: FoundFile, keyChanged: boolean, now: number) {
  const { json, dead: _, authKeySha256: __, ...columns } = found;
  const apiId = found.apiId ?? row.apiId;
  const merged = {
    ...columns,
    jsonFile: json,
    userId: found.userId ?? (keyChanged ? null : row.userId),
    phoneNumber: found.phoneNumber ?? row.phoneNumber,
    apiId,
    // It is the hash of the other application.
    apiHash: apiId === row.apiId ? row.apiHash : null,
    // They hold the auth key: those of another one must not outlive it.
    credentials: found.credentials ?? (keyChanged ? null : row.credentials),
    lastCheckedAt: keyChanged ? null : row.lastCheckedAt,
  };
  const changed = keyChanged || DESCRIPTION.some((column) => row[column] !== merged[column]);
  return { ...merged, updatedAt: changed ? now : row.updatedAt };
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
