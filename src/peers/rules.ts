import { foldIdentifier } from '../kernel/channel_identifier.js';
import { storable } from '../kernel/storable_text.js';
import type { KnownPeer, LearntPeer, Peer, RememberedChannel } from './store.js';

/** How many names of channels are kept of a session: those that were saved or used last. */
export const MAX_PEERS_PER_SESSION = 5_000;

/** How many channels one transaction saves, so that no lease waits long behind it. */
export const MAX_PEERS_AT_ONCE = 50;

/** Whether an identifier is a username: `@name`. */
export function isName(identifier: string): boolean {
  return identifier.startsWith('@');
}

/** The names that a channel was learnt by, in lower case. */
export function namesOf({ identifier, username }: Pick<LearntPeer, 'identifier' | 'username'>): string[] {
  const names = [identifier ?? '', username ? `@${username}` : ''].filter(isName);
  return [...new Set(names.map(foldIdentifier))];
}

/** A channel under one of the identifiers that it is kept under. */
export type NamedPeer = Peer & Pick<KnownPeer, 'identifier'>;

/**
 * A channel as a session keeps it from now on: under the names that it was learnt by, or under its id if it has none. If
 * its name was not said, all that it is `known` under stay.
 */
export function keptPeers(learnt: LearntPeer, known: readonly NamedPeer[]): NamedPeer[] {
  const { channelId, accessHash, type, username, title = known[0]?.title ?? '' } = learnt;
  const names = namesOf(learnt);
  const said = storablePeer({ channelId, accessHash, type, username: username ?? null, title });
  if (username === undefined && names.length === 0 && known.length > 0)
    return known.map((before) => ({ ...said, username: before.username, identifier: before.identifier }));
  return (names.length > 0 ? names : [channelId]).map((identifier) => ({ ...said, identifier }));
}

/** A channel as the database stores it. */
export function storablePeer({ channelId, accessHash, type, username, title }: Peer): Peer {
  return { channelId, accessHash, type, username, title: storable(title) };
}

/** A channel of a session's file, under the names that are not `taken`, in lower case; its id if it has none. */
export function adoptedPeers(
  { usernames, seenAt, ...channel }: RememberedChannel,
  taken: ReadonlySet<string>,
  now: number,
): (NamedPeer & Pick<KnownPeer, 'usedAt'>)[] {
  const names = usernames.filter((name) => !taken.has(foldIdentifier(`@${name}`)));
  const peer = storablePeer({ ...channel, username: names[0] ?? null });
  const identifiers = new Set(names.map((name) => foldIdentifier(`@${name}`)));
  const keptUnder = identifiers.size > 0 ? [...identifiers] : [channel.channelId];
  const usedAt = Math.max(0, Math.min(seenAt, now));
  return keptUnder.map((identifier) => ({ ...peer, identifier, usedAt }));
}

/** The channels that a session knows, most recently used first, each with all its names. */
export function rememberedChannels(peers: readonly KnownPeer[]): RememberedChannel[] {
  const channels = new Map<string, RememberedChannel>();
  for (const { channelId, accessHash, type, title, username, usedAt } of peers) {
    const first = channels.get(channelId) ?? {
      channelId,
      accessHash,
      type,
      title,
      usernames: [],
      seenAt: usedAt,
    };
    const usernames = username === null ? first.usernames : [...new Set([...first.usernames, username])];
    channels.set(channelId, { ...first, usernames });
  }
  return [...channels.values()];
}

/** What Telegram's answer to a call says about what is known of the channel that it named. */
export interface PeerVerdict {
  /** Nobody has the username any more. */
  readonly nameGone: boolean;
}

const REFUSED: PeerVerdict = { nameGone: false };
const NAME_GONE: PeerVerdict = { nameGone: true };

/** Telegram's errors after which a peer is forgotten (core.telegram.org/method/channels.getChannels and others). */
const VERDICTS: Readonly<Record<string, PeerVerdict>> = {
  CHANNEL_INVALID: REFUSED,
  CHANNEL_PRIVATE: REFUSED,
  CHAT_ID_INVALID: REFUSED,
  CHAT_FORBIDDEN: REFUSED,
  PEER_ID_INVALID: REFUSED,
  PEER_ID_NOT_SUPPORTED: NAME_GONE,
  USERNAME_INVALID: NAME_GONE,
  USERNAME_NOT_OCCUPIED: NAME_GONE,
};

const MAX_ERROR_LENGTH = 2_000;

/** The verdict on Telegram's error name, in any case and with text around it; null: the peer may be right. */
export function judgePeerError(error: string): PeerVerdict | null {
  const names =
    error
      .slice(0, MAX_ERROR_LENGTH)
      .toUpperCase()
      .match(/[A-Z][A-Z0-9_]*/g) ?? [];
  return names.map((name) => VERDICTS[name]).find((verdict) => verdict !== undefined) ?? null;
}
