import { FileNameTaken, NoSessionsDirectory } from '../intake/errors.js';
import { authKeyDigest, type Credentials } from '../intake/formats/session_string.js';
import { telethonFile } from '../intake/formats/telethon_file.js';
import type { Scanner } from '../intake/scanner.js';
import { hasFiles, type PlacedFile, type SessionsDirectory } from '../intake/session_files.js';
import type { FoundFile } from '../intake/store.js';
import { Failed, NotFound, type TeleGateError } from '../kernel/errors.js';
import { type AdoptionParts, adoptChannels } from '../peers/adoption.js';
import { sessionInUse } from '../sessions/refusals.js';
import type { SessionRecord, SessionStore } from '../sessions/store.js';
import type { TelegramNetwork } from '../telegram/network.js';
import { conflictError } from './refusals.js';
import { defaultName, isExpired, replacedSession } from './rules.js';
import type { LoginSecret } from './steps.js';
import type { LoginStore, PendingLogin, SaveOutcome } from './store.js';

export interface SavingParts extends AdoptionParts {
  readonly store: LoginStore;
  readonly sessions: SessionStore;
  /** Null: sessions have no files here, and are only in the database. */
  readonly directory: SessionsDirectory | null;
  readonly network: TelegramNetwork;
  /** The proxy of new sessions. */
  readonly proxyId: number | null;
  /** Encrypts an API hash for its row. */
  readonly encryptApiHash: (apiHash: string) => Promise<string>;
  /** Encrypts a session for its row; null: sessions are stored in files only. */
  readonly encryptCredentials: ((credentials: Credentials) => Promise<string>) | null;
}

/** A login that is ready to become a session. */
export interface ReadyLogin {
  readonly login: PendingLogin;
  readonly secret: LoginSecret;
  /** Its new name; null: its own, or its phone number. */
  readonly name: string | null;
}

/** Saves completed logins as sessions: a row and, if there is SESSIONS_DIR, a file; both or neither. */
export class SessionSaving {
  readonly #parts: SavingParts;

  constructor(parts: SavingParts) {
    this.#parts = parts;
  }

  /**
   * @throws Conflict if name, phone number or auth key are taken, or a file must be replaced that is not available
   * here; Failed if the file can't be written.
   */
  async save(ready: ReadyLogin): Promise<SessionRecord> {
    const { directory } = this.#parts;
    // A concurrent scan would add the new file as a dropped one.
    const saved = await (directory ? directory.sync.exclusively(() => this.#save(ready)) : this.#save(ready));
    await adoptChannels(this.#parts, saved.id, ready.secret.channels ?? []);
    return saved;
  }

  async #save({ login, secret, name: wanted }: ReadyLogin): Promise<SessionRecord> {
    const { store, sessions, directory, encryptCredentials, clock } = this.#parts;
    const { phoneNumber } = login;
    const name =
      wanted ??
      login.sessionName ??
      defaultName(await expiredOf(sessions, phoneNumber), login, secret.userId);
    const authKeySha256 = authKeyDigest(secret.key.authKey);
    const place = { name, phoneNumber, authKeySha256, loginId: login.id };
    const replaced = await replacedBy(this.#parts, place);
    const credentials = this.#credentials(secret);
    const bytes = () => telethonFile(credentials, secret.channels);
    const placed = await placeSession(directory, { name, replaced, bytes, authKey: credentials.authKey });
    try {
      const encrypted = encryptCredentials && (await encryptCredentials(credentials));
      const known = { login, secret, name, authKeySha256, credentials: encrypted };
      const found = foundFile(known, placed.path, replaced);
      const apiHash = await this.#parts.encryptApiHash(secret.application.apiHash);
      const { proxyId } = this.#parts;
      const session = { found, apiHash, proxyId, replaces: replaced?.id ?? null };
      const outcome = await store.save(login.id, session, clock.now());
      if (outcome.kind === 'saved') return outcome.session;
      throw notSaved(outcome, replaced);
    } catch (error) {
      await placed.undo();
      throw error;
    }
  }

  /** The credentials of the account that was logged in. */
  #credentials({ key, application, userId }: LoginSecret): Credentials {
    const { dcId, test, authKey } = key;
    const address = this.#parts.network.dataCentre(dcId, test);
    if (!address) throw new Failed(`Telegram has no data centre ${dcId}`, { code: 'unknown_data_centre' });
    return { dcId, ...address, authKey, userId, apiId: application.apiId, isBot: false };
  }
}

/** The properties of a login's session. Null: unknown, or none. */
export type WantedSession = Omit<Parameters<LoginStore['conflict']>[0], 'replaces'>;

/** The session that a login replaces; null: it creates a new one. @throws Conflict with another session. */
export async function replacedBy(
  { store, sessions }: { readonly store: LoginStore; readonly sessions: SessionStore },
  wanted: WantedSession,
): Promise<SessionRecord | null> {
  const { name, phoneNumber } = wanted;
  const expired = await expiredOf(sessions, phoneNumber);
  const replaced = replacedSession(expired, name);
  const conflict = await store.conflict({ ...wanted, replaces: replaced?.id ?? null });
  if (conflict) throw conflictError(conflict);
  return replaced;
}

async function expiredOf(sessions: SessionStore, phoneNumber: string | null): Promise<SessionRecord[]> {
  const known = phoneNumber === null ? [] : await sessions.ofPhone(phoneNumber);
  return known.filter(isExpired);
}

/** Where a completed login's session is: the path of its file; null: only in the database. */
interface PlacedSession extends Omit<PlacedFile, 'path'> {
  readonly path: string | null;
}

/** A session that needs no file written: nothing is undone. */
const NO_FILE: PlacedSession = { path: null, undo: async () => undefined };

/** A session whose file is to be written. */
interface NewFile {
  readonly name: string;
  /** The session that is logged in again. */
  readonly replaced: SessionRecord | null;
  readonly authKey: Buffer;
  readonly bytes: () => Buffer;
}

/**
 * Writes the session's file; `undo` removes it again.
 * @throws FileNameTaken; NoSessionsDirectory; Failed if the file can't be written.
 */
async function placeSession(
  directory: SessionsDirectory | null,
  { name, replaced, authKey, bytes }: NewFile,
): Promise<PlacedSession> {
  if (directory === null) {
    // Its file would stay unchanged, and bring the old auth key back.
    if (replaced && hasFiles(replaced)) throw new NoSessionsDirectory(replaced);
    return NO_FILE;
  }
  const { files, scanner } = directory;
  const path = replaced && pathOf(replaced);
  if (path && (await isThere(scanner, path))) return files.replace(path, bytes());
  try {
    return await files.create(name, bytes(), replaced?.jsonFile ? [replaced.jsonFile] : []);
  } catch (error) {
    const path = `${name}.session`;
    // A crash between writing the file and its row leaves the file: then it belongs to this login.
    const own = error instanceof FileNameTaken && (await holds(scanner, path, authKey));
    if (own) return { ...NO_FILE, path };
    throw error;
  }
}

async function holds(scanner: Scanner, path: string, authKey: Buffer): Promise<boolean> {
  const credentials = await scanner.credentials(path, null).catch(() => null);
  return credentials?.authKey.equals(authKey) ?? false;
}

async function isThere(scanner: Scanner, path: string): Promise<boolean> {
  return (await scanner.fileBytes(path).catch(() => null)) !== null;
}

function pathOf({ file, jsonFile }: SessionRecord): string | null {
  return file ?? jsonFile?.replace(/\.json$/, '.session') ?? null;
}

interface Known extends Omit<ReadyLogin, 'name'> {
  readonly name: string;
  readonly authKeySha256: string;
  readonly credentials: string | null;
}

function foundFile(
  { login, secret, name, authKeySha256, credentials }: Known,
  file: string | null,
  replaced: SessionRecord | null,
): FoundFile {
  return {
    name,
    file,
    json: replaced?.jsonFile ?? null,
    // Matches no file: the next scan reads it.
    fingerprint: '',
    format: 'telethon',
    dead: null,
    authKeySha256,
    dcId: secret.key.dcId,
    userId: secret.userId,
    phoneNumber: login.phoneNumber,
    apiId: secret.application.apiId,
    // The next scan finds them in its file; they are known before that.
    remembersChannels: false,
    credentials,
  };
}

function notSaved(
  outcome: Exclude<SaveOutcome, { kind: 'saved' }>,
  replaced: SessionRecord | null,
): TeleGateError {
  if (outcome.kind === 'in_use' && replaced) return sessionInUse(replaced);
  if (outcome.kind === 'unknown' || outcome.kind === 'in_use') return new NotFound('Temp session');
  return conflictError(outcome);
}
