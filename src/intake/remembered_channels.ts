import { type AdoptionParts, adoptChannels } from '../peers/adoption.js';
import type { RememberedChannel } from '../peers/store.js';
import { SessionFileUnreadable } from './errors.js';
import type { Scanner } from './scanner.js';
import type { IntakeStore, UnreadChannels } from './store.js';

export interface ChannelReadingParts extends AdoptionParts {
  readonly scanner: Pick<Scanner, 'channels'>;
  readonly store: Pick<IntakeStore, 'channelsRead'>;
}

/**
 * Lets a session know the channels that its file remembers. A file that can't be read now, or is another session's by
 * now, is read again in the next sync. @throws ScanInterrupted; the signal's reason, between two transactions.
 */
export async function readChannels(
  parts: ChannelReadingParts,
  { sessionId, file, authKeySha256, since, fingerprint }: UnreadChannels,
  signal: Pick<AbortSignal, 'throwIfAborted'>,
): Promise<void> {
  const channels = await channelsIn(parts.scanner, { file, authKeySha256, since });
  if (channels === null) return;
  await adoptChannels(parts, sessionId, channels, signal);
  if (fingerprint !== null) await parts.store.channelsRead(sessionId, fingerprint);
}

async function channelsIn(
  scanner: Pick<Scanner, 'channels'>,
  { file, authKeySha256, since }: Pick<UnreadChannels, 'file' | 'authKeySha256' | 'since'>,
): Promise<RememberedChannel[] | null> {
  try {
    return await scanner.channels(file, authKeySha256, since);
  } catch (error) {
    if (error instanceof SessionFileUnreadable) return null;
    throw error;
  }
}
