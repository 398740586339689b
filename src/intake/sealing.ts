import { SessionFileUnreadable } from './errors.js';
import { authKeyDigest } from './formats/auth_key.js';
import type { Credentials } from './formats/session_string.js';
import type { InspectedFile, Scanner } from './scanner.js';

/** Encrypts a session, to be kept in its row. */
export type Seal = (credentials: Credentials) => Promise<string>;

type Unsettled = Extract<InspectedFile, { readonly unsettled: true }>;
type Inspected = Exclude<InspectedFile, Unsettled>;

/** An inspected session with its encrypted credentials; null: it has no auth key, or they are not kept. */
export type SealedFile = Unsettled | (Inspected & { readonly credentials: string | null });

/**
 * Adds to an inspected session what its row keeps of it, if anything is to be kept. One whose auth key is not
 * the one it was inspected with is being written to: it can't be judged now.
 */
export async function sealed(file: InspectedFile, scanner: Scanner, seal: Seal | null): Promise<SealedFile> {
  if ('unsettled' in file) return file;
  const { authKeySha256 } = file.inspection;
  if (seal === null || authKeySha256 === null) return { ...file, credentials: null };
  const credentials = await credentialsOf(file, scanner);
  if (credentials !== null && authKeyDigest(credentials.authKey) === authKeySha256) {
    return { ...file, credentials: await seal(credentials) };
  }
  return { name: file.name, kind: file.kind, unsettled: true, reason: 'changed while it was read' };
}

async function credentialsOf({ file, json }: Inspected, scanner: Scanner): Promise<Credentials | null> {
  try {
    return await scanner.credentials(file, json);
  } catch (error) {
    if (error instanceof SessionFileUnreadable) return null;
    throw error;
  }
}
