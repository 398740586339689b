import { digest, sameDigest } from '../kernel/digests.js';
import type { FoundFile } from './store.js';

/** The data of a session's row. */
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

/** What describes a session besides its auth key. A fingerprint only shows that the file was touched. */
const DESCRIPTION = ['name', 'file', 'jsonFile', 'format', 'dcId', 'userId', 'phoneNumber', 'apiId'] as const;

/**
 * The file's data, completed with the row's. `keyChanged`: the auth key is another one, so the row's user is unknown.
 * `updatedAt` changes only if the description or the key changed.
 */
export function mergeFileMetadata(row: KnownOfFile, found: FoundFile, keyChanged: boolean, now: number) {
  const { json, dead: _, authKeySha256: __, remembersChannels: ___, ...columns } = found;
  const apiId = found.apiId ?? row.apiId;
  const merged = {
    ...columns,
    jsonFile: json,
    userId: found.userId ?? (keyChanged ? null : row.userId),
    phoneNumber: found.phoneNumber ?? row.phoneNumber,
    apiId,
    // It is the hash of the other application.
    apiHash: apiId === row.apiId ? row.apiHash : null,
    // They contain the auth key: credentials with the old one must not be kept.
    credentials: found.credentials ?? (keyChanged ? null : row.credentials),
    lastCheckedAt: keyChanged ? null : row.lastCheckedAt,
  };
  const changed = keyChanged || DESCRIPTION.some((column) => row[column] !== merged[column]);
  return { ...merged, updatedAt: changed ? now : row.updatedAt };
}

/** Whether both are certainly of one account, whose access hashes stay valid whichever auth key it uses. */
export function isSameAccount(row: Pick<KnownOfFile, 'userId'>, found: Pick<FoundFile, 'userId'>): boolean {
  return row.userId !== null && row.userId === found.userId;
}

/** Data of a row that may exist nowhere else. */
export interface OnlyHere {
  readonly file: string | null;
  readonly jsonFile: string | null;
  readonly authKeySha256: Buffer | null;
  readonly state: string;
}

/**
 * Whether a file must not take over the row of its name: the row's session has no file, so its auth key would be
 * lost. A file with the same key may, and any other one once Telegram has rejected the old key.
 */
export function wouldLose(row: OnlyHere, found: FoundFile): boolean {
  if (row.file !== null || row.jsonFile !== null || row.state === 'dead') return false;
  return row.authKeySha256 !== null && !sameDigest(row.authKeySha256, digest(found.authKeySha256));
}
