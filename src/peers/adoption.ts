import { batchesOf } from '../kernel/batches.js';
import type { Clock } from '../kernel/clock.js';
import { MAX_PEERS_AT_ONCE } from './rules.js';
import type { PeerStore, RememberedChannel } from './store.js';

export interface AdoptionParts {
  readonly peers: Pick<PeerStore, 'adopt'>;
  readonly clock: Clock;
}

/**
 * Lets a session know the channels that its file remembers, a few in each transaction. `signal` ends it between two of
 * them. @throws the signal's reason.
 */
export async function adoptChannels(
  { peers, clock }: AdoptionParts,
  sessionId: number,
  channels: readonly RememberedChannel[],
  signal?: Pick<AbortSignal, 'throwIfAborted'>,
): Promise<void> {
  for (const some of batchesOf(channels, MAX_PEERS_AT_ONCE)) {
    signal?.throwIfAborted();
    await peers.adopt(sessionId, some, clock.now());
  }
}
