import { decryptedOr, SESSION_CREDENTIALS, type Vault } from '../access/vault.js';
import { authKeyDigest, type Credentials } from '../intake/formats/session_string.js';
import { telethonFile } from '../intake/formats/telethon_file.js';
import type { Scanner } from '../intake/scanner.js';
import type { RememberedChannel } from '../peers/store.js';
import type { SessionRecord, SessionStore } from './store.js';

export interface StoredCredentialsParts {
  readonly sessions: SessionStore;
  readonly vault: Vault;
  /** Null: other replicas sync the session files. */
  readonly scanner: Scanner | null;
}

/** A session, and the files that it may have. */
export type SessionWithFiles = Pick<SessionRecord, 'id' | 'file' | 'jsonFile'>;

/** Reads the credentials of sessions: from their files if this replica has them, else from the database. */
export class StoredCredentials {
  readonly #parts: StoredCredentialsParts;

  constructor(parts: StoredCredentialsParts) {
    this.#parts = parts;
  }

  /** The credentials; null: neither the files nor the database contain readable ones. @throws SecretUnreadable. */
  async of(session: SessionWithFiles): Promise<Credentials | null> {
    return (await this.#inFiles(session)) ?? (await this.#inDatabase(session.id));
  }

  /**
   * The file with this auth key, the JSON file before the `.session` file; null: neither has it, or they are not
   * here.
   */
  async fileHolding(
    { file, jsonFile }: Omit<SessionWithFiles, 'id'>,
    authKeySha256: string,
  ): Promise<string | null> {
    const holds = async (one: Omit<SessionWithFiles, 'id'>) => {
      const held = await this.#inFiles(one);
      return held !== null && authKeyDigest(held.authKey) === authKeySha256;
    };
    if (await holds({ file: null, jsonFile })) return jsonFile;
    return (await holds({ file, jsonFile: null })) ? file : null;
  }

  /** The session's `.session` file, byte for byte; if there is none, one in Telethon's format, with these channels. */
  async file(
    { file }: Pick<SessionWithFiles, 'file'>,
    credentials: Credentials,
    channels: () => Promise<readonly RememberedChannel[]> = async () => [],
  ): Promise<Buffer> {
    const { scanner } = this.#parts;
    const bytes = file === null || scanner === null ? null : await scanner.fileBytes(file).catch(() => null);
    return bytes ?? telethonFile(credentials, await channels());
  }

  async #inFiles({ file, jsonFile }: Omit<SessionWithFiles, 'id'>): Promise<Credentials | null> {
    const { scanner } = this.#parts;
    if (scanner === null || (file === null && jsonFile === null)) return null;
    return scanner.credentials(file, jsonFile).catch(() => null);
  }

  async #inDatabase(id: number): Promise<Credentials | null> {
    const { sessions, vault } = this.#parts;
    const encrypted = await sessions.credentials(id);
    if (encrypted === null) return null;
    const message =
      "the session kept in the database can't be decrypted with the keys in use: upload it again, or add the older key to ENCRYPTION_KEYS";
    return decryptedOr(decryptCredentials(encrypted, vault), () => ({
      error: 'credentials_unreadable',
      message,
      session_id: id,
    }));
  }
}

/** Credentials as JSON: the auth key in base64. */
type CredentialsJson = Omit<Credentials, 'authKey'> & { readonly authKey: string };

/** Encrypts a session for the database. */
export function encryptCredentials(credentials: Credentials, vault: Vault): Promise<string> {
  const { dcId, serverAddress, port, authKey, userId, apiId, isBot } = credentials;
  const address = { dcId, serverAddress, port };
  const stored: CredentialsJson = { ...address, authKey: authKey.toString('base64'), userId, apiId, isBot };
  return vault.encrypt(JSON.stringify(stored), SESSION_CREDENTIALS);
}

/** Decrypts it. @throws VaultError if no key decrypts it, or it is something else. */
export async function decryptCredentials(encrypted: string, vault: Vault): Promise<Credentials> {
  const stored: CredentialsJson = JSON.parse(await vault.decrypt(encrypted, SESSION_CREDENTIALS));
  return { ...stored, authKey: Buffer.from(stored.authKey, 'base64') };
}
