import type { Clock } from '../clock.js';
import { Failed, NotFound, type TeleGateError } from '../errors.js';
import type { SessionsDirectory } from '../intake/directory.js';
import { authKeyDigest } from '../intake/formats/auth_key.js';
import type { Credentials } from '../intake/formats/session_string.js';
import type { Seal } from '../intake/sealing.js';
import type { FoundFile } from '../intake/store.js';
import { sessionInUse } from '../sessions/in_use.js';
import type { SessionRecord, SessionStore } from '../sessions/store.js';
import type { TelegramNetwork } from '../telegram/network.js';
import { placeSession } from './placing.js';
import { taken } from './refusals.js';
import { expiredOf, replacedBy } from './replaced.js';
import type { LoginSecret } from './secret.js';
import type { LoginStore, PendingLogin, SaveOutcome } from './store.js';

export interface SavingParts {
  readonly store: LoginStore;
  readonly sessions: SessionStore;
  /** Null: sessions have no files here, and are in the database only. */
  readonly directory: SessionsDirectory | null;
  readonly network: TelegramNetwork;
  readonly clock: Clock;
  /** The proxy that new sessions get. */
  readonly proxyId: number | null;
  /** Encrypts an api hash for its row. */
  readonly sealApiHash: (apiHash: string) => Promise<string>;
  /** Encrypts a session for its row; null: sessions are nowhere but in their files. */
  readonly seal: Seal | null;
}

/** A login that is ready to be a session. */
export interface ReadyLogin {
  readonly login: PendingLogin;
  readonly secret: LoginSecret;
  /** The name it is to have; null: its own, or its phone number. */
  readonly name: string | null;
}

/** Makes sessions of finished logins: a row, and where there is SESSIONS_DIR a file, both or neither. */
export class SessionSaving {
  readonly #parts: SavingParts;

  constructor(parts: SavingParts) {
    this.#parts = parts;
  }

  /**
   * @throws Conflict where name, phone number or auth key are taken, or a file is to be replaced that is not to
   * be had here; Failed where the file can't be written.
   */
  save(ready: ReadyLogin): Promise<SessionRecord> {
    const { directory } = this.#parts;
    // A look at the directory meanwhile would take the new file for one that somebody dropped there.
    return directory ? directory.sync.exclusively(() => this.#save(ready)) : this.#save(ready);
  }

  async #save({ login, secret, name: wanted }: ReadyLogin): Promise<SessionRecord> {
    const { store, sessions, directory, seal, clock } = this.#parts;
    const { phoneNumber } = login;
    const name =
      wanted ??
      login.sessionName ??
      (await expiredOf(sessions, phoneNumber))[0]?.name ??
      defaultName(phoneNumber, secret);
    const authKeySha256 = authKeyDigest(secret.key.authKey);
    const place = { name, phoneNumber, authKeySha256, loginId: login.id };
    const replaced = await replacedBy(this.#parts, place);
    const credentials = this.#credentials(secret);
    const placed = await placeSession(directory, name, replaced, credentials);
    try {
      const kept = seal && (await seal(credentials));
      const told = { login, secret, name, authKeySha256, credentials: kept };
      const found = foundFile(told, placed.path, replaced);
      const apiHash = await this.#parts.sealApiHash(secret.application.apiHash);
      const { proxyId } = this.#parts;
      const outcome = await store.save(
        login.id,
        { found, apiHash, proxyId, replaces: replaced?.id ?? null },
        clock.now(),
      );
      if (outcome.kind === 'saved') return outcome.session;
      throw notSaved(outcome, replaced);
    } catch (error) {
      await placed.undo();
      throw error;
    }
  }

  /** What it takes to be the account that was logged in. */
  #credentials({ key, application, userId }: LoginSecret): Credentials {
    const { dcId, test, authKey } = key;
    const address = this.#parts.network.dataCentre(dcId, test);
    if (!address) throw new Failed(`Telegram has no data centre ${dcId}`);
    return { dcId, ...address, authKey, userId, apiId: application.apiId, isBot: false };
  }
}

function notSaved(
  outcome: Exclude<SaveOutcome, { kind: 'saved' }>,
  replaced: SessionRecord | null,
): TeleGateError {
  if (outcome.kind === 'in_use' && replaced) return sessionInUse(replaced);
  if (outcome.kind === 'unknown' || outcome.kind === 'in_use') return new NotFound('Temp session not found');
  return taken(outcome);
}

function defaultName(phoneNumber: string | null, { userId }: LoginSecret): string {
  return phoneNumber?.slice(1) ?? `account-${userId}`;
}

interface Found extends Omit<ReadyLogin, 'name'> {
  readonly name: string;
  readonly authKeySha256: string;
  readonly credentials: string | null;
}

function foundFile(
  { login, secret, name, authKeySha256, credentials }: Found,
  file: string | null,
  replaced: SessionRecord | null,
): FoundFile {
  return {
    name,
    file,
    json: replaced?.jsonFile ?? null,
    // Unlike any: the next look at the file says what it is like.
    fingerprint: '',
    format: 'telethon',
    dead: null,
    authKeySha256,
    dcId: secret.key.dcId,
    userId: secret.userId,
    phoneNumber: login.phoneNumber,
    apiId: secret.application.apiId,
    credentials,
  };
}
