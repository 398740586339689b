import { type AdoptionParts, adoptChannels } from '../peers/adoption.js';
import type { RememberedChannel } from '../peers/store.js';
import type { LockSignal } from './directory_lock.js';
import { SessionFileUnreadable } from './errors.js';
import type { Scanner } from './scanner.js';
import type { IntakeStore, UnreadChannels } from './store.js';

export interface ChannelReadingParts extends AdoptionParts {
  readonly scanner: Pick<Scanner, 'channels'>;
  readonly store: Pick<IntakeStore, 'channelsRead'>;
}

/** How long channels are read at a time, in milliseconds: whoever syncs waits that long, and for one file more. */
const READING_MS = 2_000;

/** The most files that wait to have their channels read. The next sync finds the others. */
export const MAX_UNREAD = 100_000;

/**
 * Lets sessions know the channels that their files remember, for a while; resolves to the files that are left. One that
 * can't be read now, or is another session's by now, is read again in the next sync.
 * @throws ScanInterrupted; what the lock throws, between two transactions.
 */
export async function readForAWhile(
  parts: ChannelReadingParts,
  unread: readonly UnreadChannels[],
  lock: LockSignal,
): Promise<UnreadChannels[]> {
  const end = parts.clock.now() + READING_MS;
  for (const [at, file] of unread.entries()) {
    if (parts.clock.now() >= end) return unread.slice(at);
    await readChannels(parts, file, lock);
  }
  return [];
}

async function readChannels(
  parts: ChannelReadingParts,
  { sessionId, file, authKeySha256, since, fingerprint }: UnreadChannels,
  lock: LockSignal,
): Promise<void> {
  const channels = await channelsIn(parts.scanner, { file, authKeySha256, since });
  if (channels === null) return;
  await adoptChannels(parts, sessionId, channels, lock);
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

/** Does `work` while nobody syncs the directory. */
type WithLock = (work: (lock: LockSignal) => Promise<void>) => Promise<void>;

/** The files whose channels a sync had no time for: they are read afterwards, in turn with other syncs. */
export class ChannelBacklog {
  readonly #parts: ChannelReadingParts;
  readonly #withLock: WithLock;
  readonly #waiting = new Map<number, UnreadChannels>();
  #reading: Promise<void> | null = null;

  constructor(parts: ChannelReadingParts, withLock: WithLock) {
    this.#parts = parts;
    this.#withLock = withLock;
  }

  add(files: readonly UnreadChannels[]): void {
    for (const file of files.slice(0, MAX_UNREAD - this.#waiting.size))
      this.#waiting.set(file.sessionId, file);
    if (this.#waiting.size > 0) this.#reading ??= this.#read();
  }

  /** Resolves when nothing is being read, which ends with the lock. */
  async ended(): Promise<void> {
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      while (this.#waiting.size > 0) await this.#withLock((lock) => this.#readSome(lock));
    } catch {
      // They are read again by the next sync, which says what is wrong.
      this.#waiting.clear();
    } finally {
      this.#reading = null;
    }
  }

  async #readSome(lock: LockSignal): Promise<void> {
    const files = [...this.#waiting.values()];
    this.#waiting.clear();
    this.add(await readForAWhile(this.#parts, files, lock));
  }
}
