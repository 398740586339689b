import { describe } from '@jest/globals';
import { adoptedChannels } from './adopted_channels.js';
import { channelAffinity } from './channel_affinity.js';
import { knownPeers } from './known_peers.js';
import { resolveBudgets } from './resolve_budgets.js';
import type { MakeStores } from './stores.js';

/** What every driver's PeerStore must do, and its PoolStore with requests for channels. */
export function peerStoreContract(make: MakeStores): void {
  describe('channels known to sessions', () => knownPeers(make));
  describe('channels of session files', () => adoptedChannels(make));
  describe('resolve budgets', () => resolveBudgets(make));
  describe('the session for a request with channels', () => channelAffinity(make));
}
