import type { UploadReading } from '../intake/formats/inspect.js';
import { authKeyDigest, type Credentials, decodeSessionString } from '../intake/formats/session_string.js';
import { BadRequest } from '../kernel/errors.js';
import type { RememberedChannel } from '../peers/store.js';
import type { SessionRecord } from '../sessions/store.js';
import type { ChooseApplication, GivenApplication } from '../telegram/application.js';
import { confirmUnregistered, saysNotLoggedIn } from '../telegram/auth_key_errors.js';
import type { Account, DcKey } from '../telegram/gateway.js';
import { isTestAddress, type TelegramNetwork } from '../telegram/network.js';
import type { FinishingParts } from './finishing.js';
import { loginRefusal, notAdded, parsePhoneNumber } from './refusals.js';
import { replacedBy } from './saving.js';
import { CLAIM_MS, type LoginSecret } from './steps.js';
import type { PendingLogin } from './store.js';

/** How long Telegram may take to identify an uploaded session, in seconds. */
const CHECK_SECONDS = 25;

export interface UploadParts extends FinishingParts {
  readonly chooseApplication: ChooseApplication;
  readonly network: TelegramNetwork;
  readonly newId: () => string;
  /** How long an upload waits to be finalized, in milliseconds. */
  readonly ttlMs: number;
}

/**
 * How many channels of its file a waiting upload keeps, those that were seen last: all waiting ones are read at once
 * when the encryption key is changed.
 */
const MAX_WAITING_CHANNELS = 1000;

/** What is sent with a session that was created elsewhere. */
export interface UploadRequest extends GivenApplication {
  /** If given, it is saved at once. */
  readonly sessionName: string | null;
  /** The phone number according to the sender. */
  readonly phoneNumber: string | null;
}

/** A session that Telegram accepts: saved, or waiting for `finalize`. */
export type Uploaded =
  | { readonly kind: 'saved'; readonly session: SessionRecord }
  | { readonly kind: 'waiting'; readonly id: string; readonly phoneNumber: string | null };

/** A session that was sent, and what its file remembers. */
interface UploadedSession {
  readonly credentials: Credentials;
  readonly channels: readonly RememberedChannel[];
}

/** An upload that is stored, and is to be identified. */
interface StartedUpload extends Pick<UploadedSession, 'channels'> {
  readonly login: PendingLogin;
  readonly secret: LoginSecret;
}

/** Imports sessions that were created elsewhere, once Telegram has identified them. */
export class UploadService {
  readonly #parts: UploadParts;

  constructor(parts: UploadParts) {
    this.#parts = parts;
  }

  /**
   * Imports a Telethon or Pyrogram session file.
   * @throws BadRequest if it is not a session, or not one that Telegram accepts; Conflict if it is known, or its name
   * or phone number are taken; TooMany, BadGateway, GatewayTimeout.
   */
  async file(upload: UploadReading, request: UploadRequest, holder: string): Promise<Uploaded> {
    if (upload.kind === 'refused')
      throw new BadRequest(`session_file: ${upload.reason}`, {
        code: 'not_a_session',
        field: 'session_file',
      });
    return this.#take(upload, request, holder);
  }

  /** Imports a session string of Telethon, GramJS or Pyrogram. @throws as `file`. */
  string(text: string, request: UploadRequest, holder: string): Promise<Uploaded> {
    const decoded = decodeSessionString(text);
    if (!decoded)
      throw new BadRequest('session_string: not a session string of Telethon, GramJS or Pyrogram', {
        code: 'not_a_session',
        field: 'session_string',
      });
    return this.#take({ ...decoded, channels: [] }, request, holder);
  }

  async #take(
    { credentials, channels }: UploadedSession,
    request: UploadRequest,
    holder: string,
  ): Promise<Uploaded> {
    const { store, clock, newId, ttlMs } = this.#parts;
    const { dcId, serverAddress, authKey } = credentials;
    const key = { dcId, test: isTestAddress(dcId, serverAddress), authKey };
    const application = this.#parts.chooseApplication(request);
    const phoneNumber = request.phoneNumber === null ? null : parsePhoneNumber(request.phoneNumber);
    if (!this.#parts.network.dataCentre(dcId, key.test))
      throw new BadRequest(`Telegram has no data centre ${dcId}: this is not a Telegram session`, {
        code: 'unknown_data_centre',
        field: 'session_string',
      });
    const id = newId();
    const now = clock.now();
    const login = {
      id,
      holder,
      kind: 'upload',
      stage: 'ready',
      saveAtOnce: request.sessionName !== null,
      phoneNumber,
      sessionName: request.sessionName,
      authKeySha256: authKeyDigest(authKey),
      inDoubt: false,
      sessionId: null,
      expiresAt: now + ttlMs,
    } as const;
    const secret = { key, application, phoneCodeHash: null, acceptedCode: null, userId: null };
    const encrypted = await this.#parts.secrets.encrypt(id, secret);
    // From here on no session with this key is leased, and no other request checks it.
    const added = await store.add({ ...login, secret: encrypted }, now + CLAIM_MS, now);
    if (added.kind !== 'added') throw notAdded(added);
    try {
      return await this.#check({ login: { ...login, secret: encrypted }, secret, channels });
    } catch (error) {
      await store.remove(id, clock.now());
      throw loginRefusal(error);
    }
  }

  async #check({ login, secret, channels }: StartedUpload): Promise<Uploaded> {
    const { store, secrets, saving } = this.#parts;
    const { id: loginId, sessionName: name, authKeySha256 } = login;
    const wanted = { name, phoneNumber: login.phoneNumber, authKeySha256, loginId };
    await replacedBy(this.#parts, wanted);
    const account = await this.#whoIs(secret.key, secret.application.apiId);
    if (
      login.phoneNumber !== null &&
      account.phoneNumber !== null &&
      login.phoneNumber !== account.phoneNumber
    )
      throw new BadRequest(
        `phone_number: this session is ${account.phoneNumber}'s, not ${login.phoneNumber}'s`,
        { code: 'other_phone_number', field: 'phone_number' },
      );
    const phoneNumber = account.phoneNumber ?? login.phoneNumber;
    const known = { ...login, phoneNumber };
    await replacedBy(this.#parts, { ...wanted, phoneNumber });
    const identified = { ...secret, userId: account.id };
    if (login.saveAtOnce) {
      const whole = { ...identified, channels };
      return { kind: 'saved', session: await saving.save({ login: known, secret: whole, name: null }) };
    }
    const waiting = { ...identified, channels: channels.slice(0, MAX_WAITING_CHANNELS) };
    await store.settle(login.id, { phoneNumber, secret: await secrets.encrypt(login.id, waiting) });
    return { kind: 'waiting', id: login.id, phoneNumber };
  }

  async #whoIs(key: DcKey, apiId: number): Promise<Account> {
    const { gateway, proxy } = this.#parts;
    try {
      const access = { key, apiId, proxy, withinSeconds: CHECK_SECONDS };
      return await confirmUnregistered(gateway, access, (account) => account.whoAmI());
    } catch (error) {
      if (!saysNotLoggedIn(error)) throw error;
      throw new BadRequest(`Telegram does not accept this session: ${error.telegramError}`, {
        code: 'session_refused',
        field: 'session_string',
      });
    }
  }
}
