import { SESSION_CREDENTIALS, type Vault } from '../access/vault.js';
import type { Credentials } from '../intake/formats/session_string.js';

/** Credentials as JSON can say them: the auth key in base64. */
type StoredCredentials = Omit<Credentials, 'authKey'> & { readonly authKey: string };

/** Encrypts a session, to be kept in the database. */
export function sealCredentials(credentials: Credentials, vault: Vault): Promise<string> {
  const { dcId, serverAddress, port, authKey, userId, apiId, isBot } = credentials;
  const address = { dcId, serverAddress, port };
  const stored: StoredCredentials = { ...address, authKey: authKey.toString('base64'), userId, apiId, isBot };
  return vault.encrypt(JSON.stringify(stored), SESSION_CREDENTIALS);
}

/** The session that was sealed. @throws VaultError where no key opens it, or it is something else. */
export async function openCredentials(sealed: string, vault: Vault): Promise<Credentials> {
  const stored: StoredCredentials = JSON.parse(await vault.decrypt(sealed, SESSION_CREDENTIALS));
  return { ...stored, authKey: Buffer.from(stored.authKey, 'base64') };
}
