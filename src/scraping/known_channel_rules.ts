import { storable } from '../storable_text.js';
import type { KnownPeer } from './store.js';

/** Channels that are kept of a session: those that were saved or used last. */
export const MOST_PEERS_OF_SESSION = 1_000;

/** A channel as it is kept. */
export function knownPeer({ channelId, accessHash, title, username }: KnownPeer): KnownPeer {
  return { channelId, accessHash, title: storable(title), username };
}
