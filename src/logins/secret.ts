import { decryptedOr, type Vault } from '../access/vault.js';
import type { Application, DcKey } from '../telegram/gateway.js';

/** What a login under way must not forget, and nobody may read. */
export interface LoginSecret {
  readonly key: DcKey;
  readonly application: Application;
  /** Null: the session was made elsewhere. */
  readonly phoneCodeHash: string | null;
  /** The code that Telegram took; null: none yet. */
  readonly acceptedCode: string | null;
  /** Whose session it is, in decimal digits; null: not known yet. */
  readonly userId: string | null;
}

/** A secret as JSON can say it: the auth key in base64. */
type StoredSecret = Omit<LoginSecret, 'key'> & { readonly key: Omit<DcKey, 'authKey'> & { authKey: string } };

/** Keeps the secrets of logins, each bound to its login's id. */
export class LoginSecrets {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  seal(id: string, secret: LoginSecret): Promise<string> {
    const stored: StoredSecret = {
      ...secret,
      key: { ...secret.key, authKey: secret.key.authKey.toString('base64') },
    };
    return this.#vault.encrypt(JSON.stringify(stored), context(id));
  }

  /** @throws SecretUnreadable where no key opens it, or it is not this login's. */
  async open(id: string, sealed: string): Promise<LoginSecret> {
    const message = "what is kept of this login can't be decrypted with the keys in use: begin it again";
    const text = await decryptedOr(this.#vault.decrypt(sealed, context(id)), () => ({
      error: 'login_unreadable',
      message,
    }));
    const stored: StoredSecret = JSON.parse(text);
    return { ...stored, key: { ...stored.key, authKey: Buffer.from(stored.key.authKey, 'base64') } };
  }
}

function context(id: string): string {
  return `logins.secret:${id}`;
}
