import { NotFound, TeleGateError } from '../kernel/errors.js';
import type { PeerService } from '../peers/service.js';
import type { SessionChannels } from '../sessions/channels.js';
import type { OwnAccount, OwnLeases } from '../sessions/own_lease.js';
import type { SessionRecord, SessionStore } from '../sessions/store.js';
import { isRpcError, TelegramRefused } from '../telegram/errors.js';
import type { Channel } from '../telegram/gateway.js';

/** How long Telegram may take to find a channel, in seconds. */
const RESOLVE_SECONDS = 10;

const RESOLVE = { method: 'contacts.resolveUsername', seconds: RESOLVE_SECONDS } as const;

/** Telegram's errors that say that there is no such channel, whoever asks. */
const MISSING: Readonly<Record<string, string>> = {
  USERNAME_NOT_OCCUPIED: 'nobody has this name',
  USERNAME_INVALID: 'Telegram has no such names',
  PEER_ID_NOT_SUPPORTED: 'this is the name of a user, not of a channel',
  CHANNEL_PRIVATE: 'the session cannot see this channel',
};

/** Errors that say nothing of the channel, in words that no session is named in. */
const UNKNOWN: Readonly<Record<string, string>> = { resolve_budget: 'no session may resolve a name now' };

/** Whether there is a channel, as far as Telegram says. */
export type ChannelCheck =
  | { readonly kind: 'found'; readonly channel: Channel }
  | { readonly kind: 'missing'; readonly reason: string }
  /** It cannot be said now: no session is free, Telegram asks to wait, or it is not reached. */
  | { readonly kind: 'unknown'; readonly reason: string };

export interface ChannelCheckParts {
  readonly sessions: Pick<SessionStore, 'session'>;
  readonly ownLeases: OwnLeases;
  readonly channels: SessionChannels;
  readonly peers: Pick<PeerService, 'takeResolve' | 'keep' | 'refused'>;
}

/** Asks Telegram whether channels exist. */
export class ChannelChecks {
  readonly #parts: ChannelCheckParts;

  constructor(parts: ChannelCheckParts) {
    this.#parts = parts;
  }

  /**
   * Looks for a channel (`@name`, or an id in decimal digits) as this session sees it; null: as any free one does,
   * which only sees names. @throws NotFound for a session that does not exist.
   */
  async check(identifier: string, sessionId: number | null): Promise<ChannelCheck> {
    const session = sessionId === null ? null : await this.#parts.sessions.session(sessionId);
    if (sessionId !== null && session === null) throw new NotFound('Session');
    try {
      if (identifier.startsWith('@')) return await this.#named(identifier, session);
      if (session === null)
        return { kind: 'unknown', reason: 'an id is only known to sessions in the channel' };
      return await this.#among(identifier, session);
    } catch (error) {
      if (error instanceof TelegramRefused && MISSING[error.telegramError]) {
        return { kind: 'missing', reason: MISSING[error.telegramError] ?? error.telegramError };
      }
      if (error instanceof TeleGateError)
        return { kind: 'unknown', reason: UNKNOWN[error.code] ?? error.message };
      throw error;
    }
  }

  async #named(identifier: string, session: SessionRecord | null): Promise<ChannelCheck> {
    const { ownLeases, peers } = this.#parts;
    const resolve = async ({ account, lease }: OwnAccount, by: SessionRecord): Promise<ChannelCheck> => {
      const owner = { sessionId: by.id, leaseId: lease.leaseId };
      await peers.takeResolve(owner, identifier);
      const channel = await account.resolve(identifier.slice(1)).catch(async (error: unknown) => {
        if (isRpcError(error)) await peers.refused(by.id, identifier, error.telegramError, []);
        throw error;
      });
      await peers.keep(owner, [channel], identifier);
      return { kind: 'found', channel };
    };
    if (session) return ownLeases.withAccount(session, RESOLVE, (own) => resolve(own, session));
    const wanted = { ...RESOLVE, channels: [identifier] };
    const found = await ownLeases.withFreeAccount(wanted, (own) => resolve(own, own.session));
    return found ?? { kind: 'unknown', reason: 'no session is free' };
  }

  async #among(id: string, { id: sessionId }: SessionRecord): Promise<ChannelCheck> {
    const { channels } = this.#parts;
    const find = async (refresh: boolean) =>
      (await channels.of(sessionId, refresh)).find((channel) => channel.id === id);
    const channel = (await find(false)) ?? (await find(true));
    return channel
      ? { kind: 'found', channel }
      : { kind: 'missing', reason: 'the session is not in this channel' };
  }
}
