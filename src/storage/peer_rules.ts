import type { KnownPeer } from '../scraping/store.js';
import { storable } from './storable_text.js';

/** A channel as it is kept. */
export function knownPeer({ channelId, accessHash, title, username }: KnownPeer): KnownPeer {
  return { channelId, accessHash, title: storable(title), username };
}
