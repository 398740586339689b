import type { Clock } from '../clock.js';
import { Failed, NotFound, type TeleGateError } from '../errors.js';
import { authKeyDigest } from '../intake/formats/auth_key.js';
import { telethonFile } from '../intake/formats/telethon_file.js';
import type { Scanner } from '../intake/scanner.js';
import { FileNameTaken, type PlacedFile, type SessionFiles } from '../intake/session_files.js';
import type { FoundFile } from '../intake/store.js';
import type { SyncService } from '../intake/sync.js';
import { sessionInUse } from '../sessions/in_use.js';
import type { SessionRecord, SessionStore } from '../sessions/store.js';
import type { TelegramNetwork } from '../telegram/network.js';
import { taken } from './refusals.js';
import { expiredOf, replacedBy } from './replaced.js';
import type { LoginSecret } from './secret.js';
import type { LoginStore, PendingLogin, SaveOutcome } from './store.js';

export interface SavingParts {
  readonly store: LoginStore;
  readonly sessions: SessionStore;
  readonly files: SessionFiles;
  readonly scanner: Scanner;
  readonly sync: SyncService;
  readonly network: TelegramNetwork;
  readonly clock: Clock;
  /** The proxy that new sessions get. */
  readonly proxyId: number | null;
  /** Encrypts an api hash for its row. */
  readonly sealApiHash: (apiHash: string) => Promise<string>;
}

/** A login that is ready to be a session. */
export interface ReadyLogin {
  readonly login: PendingLogin;
  readonly secret: LoginSecret;
  /** The name it is to have; null: its own, or its phone number. */
  readonly name: string | null;
}

/** Makes sessions of finished logins: a file in SESSIONS_DIR and a row, both or neither. */
export class SessionSaving {
  readonly #parts: SavingParts;

  constructor(parts: SavingParts) {
    this.#parts = parts;
  }

  /** @throws Conflict where name, phone number or auth key are taken; Failed where the file can't be written. */
  save(ready: ReadyLogin): Promise<SessionRecord> {
    // A look at the directory meanwhile would take the new file for one that somebody dropped there.
    return this.#parts.sync.exclusively(() => this.#save(ready));
  }

  async #save({ login, secret, name: wanted }: ReadyLogin): Promise<SessionRecord> {
    const { store, sessions, clock } = this.#parts;
    const { phoneNumber } = login;
    const name =
      wanted ??
      login.sessionName ??
      (await expiredOf(sessions, phoneNumber))[0]?.name ??
      defaultName(phoneNumber, secret);
    const authKeySha256 = authKeyDigest(secret.key.authKey);
    const place = { name, phoneNumber, authKeySha256, loginId: login.id };
    const replaced = await replacedBy(this.#parts, place);
    const placed = await this.#place(name, replaced, secret);
    try {
      const found = foundFile({ login, secret, name, authKeySha256 }, placed.path, replaced);
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

  /** Puts the session's file where it belongs; `undo` takes it away again. */
  async #place(name: string, replaced: SessionRecord | null, secret: LoginSecret): Promise<PlacedFile> {
    const { files, network } = this.#parts;
    const { dcId, test, authKey } = secret.key;
    const address = network.dataCentre(dcId, test);
    if (!address) throw new Failed(`Telegram has no data centre ${dcId}`);
    const bytes = telethonFile({ dcId, ...address, authKey });
    const path = replaced && pathOf(replaced);
    if (path && (await this.#isThere(path))) return files.replace(path, bytes);
    try {
      return await files.create(name, bytes, replaced?.jsonFile ? [replaced.jsonFile] : []);
    } catch (error) {
      const path = `${name}.session`;
      // A stop between the file and its row leaves the file: it is this login's own then.
      const own = error instanceof FileNameTaken && (await this.#holds(path, authKey));
      if (own) return { path, undo: async () => undefined };
      throw error;
    }
  }

  async #isThere(path: string): Promise<boolean> {
    return (await this.#parts.scanner.fileBytes(path).catch(() => null)) !== null;
  }

  async #holds(path: string, authKey: Buffer): Promise<boolean> {
    const credentials = await this.#parts.scanner.credentials(path, null).catch(() => null);
    return credentials?.authKey.equals(authKey) ?? false;
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

function pathOf({ file, jsonFile }: SessionRecord): string | null {
  return file ?? jsonFile?.replace(/\.json$/, '.session') ?? null;
}

function defaultName(phoneNumber: string | null, { userId }: LoginSecret): string {
  return phoneNumber?.slice(1) ?? `account-${userId}`;
}

interface Found extends Omit<ReadyLogin, 'name'> {
  readonly name: string;
  readonly authKeySha256: string;
}

function foundFile(
  { login, secret, name, authKeySha256 }: Found,
  file: string,
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
  };
}
