import { Semaphore } from '../kernel/semaphore.js';
import type { ScrapedFile } from '../runs/store.js';
import type { ConnectedAccount } from '../telegram/gateway.js';
import type { MediaFile, Message } from '../telegram/message.js';
import { extensionOf } from './file_names.js';
import { fileRecoveryAfter } from './recovery.js';
import type { RunRecords } from './service_ports.js';
import type { ReceivedFile, Sink } from './sinks/sink.js';

/** How many files of a page are downloaded at once, and how many are put in their places. */
const CONCURRENT_FILES = 3;

/** The client that downloads files: an account or a bot. */
export type DownloadingAccount = Pick<ConnectedAccount, 'download'>;

/** Which files of a source are stored. */
export interface FileFilter {
  readonly sourceId: number;
  /** Their extensions; null: all files; empty: none. */
  readonly fileTypes: readonly string[] | null;
  readonly maxFileBytes: number;
}

export interface FileDownloadsParts {
  readonly runs: RunRecords;
  readonly sink: Sink;
  readonly filter: FileFilter;
}

type FileDescription = Pick<ScrapedFile, 'messageId' | 'name' | 'mimeType' | 'sizeBytes'>;

/** A file that was downloaded and is not yet in its place, or one that is not stored, and why. */
export interface FetchedFile {
  readonly described: FileDescription;
  readonly outcome: ReceivedFile | { readonly skipped: string };
  /** Once it is in its place. */
  placed: Promise<ScrapedFile> | null;
}

/** The files of a page, in the order of its messages; null: there is none, or the filter does not want it. */
export type FetchedFiles = readonly (FetchedFile | null | Promise<FetchedFile | null>)[];

/** The files of a page while they are downloaded. */
export interface Fetching {
  /**
   * After one has failed, all that are not downloaded yet reject for the same reason: SinkFailed, the signal's, or as calls
   * do. Nothing goes on once all have settled.
   */
  readonly files: FetchedFiles;
  /** Has those that are not downloaded yet reject for this reason. */
  stop(reason: unknown): void;
}

/**
 * Stores the files of messages: each content once for a source, and only what the filter admits. Downloading and placing
 * are apart, since several sessions download at once: what is stored, and what is a duplicate of what, is decided in the
 * order of messages.
 */
export class FileDownloads {
  readonly #parts: FileDownloadsParts;
  /** By checksum, the path of each content that is not recorded yet, once it is stored. */
  readonly #unrecorded = new Map<string, Promise<string>>();
  /** By message, the files that are not recorded yet: a page that failed half-way is stored again. */
  readonly #fetched = new Map<number, FetchedFile>();
  /** Messages that were read again because their file was stale. */
  readonly #readAgain = new Set<number>();

  constructor(parts: FileDownloadsParts) {
    this.#parts = parts;
  }

  /** The bytes that `fetch` would download of these messages' files. */
  bytesOf(messages: readonly Message[]): number {
    const sizes = messages.flatMap(({ id, file }) =>
      file && !this.#fetched.has(id) && this.#isWanted(file) ? file.sizeBytes : 0,
    );
    return sizes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Downloads the files of a page, several at once. */
  fetch(account: DownloadingAccount, messages: readonly Message[], signal: AbortSignal): Fetching {
    // Most pages have none: these cost nothing.
    if (messages.every(({ file }) => file === null)) return { files: messages.map(() => null), stop() {} };
    const lanes = new Semaphore(CONCURRENT_FILES);
    const failed = new AbortController();
    const together = AbortSignal.any([signal, failed.signal]);
    const files = messages.map(async (message) => {
      if (message.file === null) return null;
      const release = await lanes.acquire(together);
      try {
        return await this.#fetch(account, message, message.file, together);
      } catch (error) {
        failed.abort(error);
        throw failed.signal.reason;
      } finally {
        release();
      }
    });
    // Whoever places them waits for the first one, while a later one may fail.
    for (const file of files) file.catch(() => undefined);
    return { files, stop: (reason) => failed.abort(reason) };
  }

  /**
   * Puts files in their places, as far as their content is not stored already, in order. @throws SinkFailed, the signal's
   * reason, or as fetching them did; nothing goes on once this has settled.
   */
  async place(files: FetchedFiles, signal: AbortSignal): Promise<(ScrapedFile | null)[]> {
    const lanes = new Semaphore(CONCURRENT_FILES);
    const placed: (Promise<ScrapedFile> | null)[] = [];
    try {
      for (const fetching of files) {
        const file = await fetching;
        if (file !== null && file.placed === null) await this.#begin(file, lanes, signal);
        placed.push(file?.placed ?? null);
      }
      return await Promise.all(placed);
    } finally {
      await Promise.allSettled(placed);
    }
  }

  /** These files are recorded: the database knows them now. */
  recorded(files: readonly ScrapedFile[]): void {
    for (const { messageId, sha256 } of files) {
      this.#fetched.delete(messageId);
      this.#readAgain.delete(messageId);
      if (sha256) this.#unrecorded.delete(sha256);
    }
  }

  /** Discards what was downloaded and is not in its place. Nothing may be under way. Never rejects. */
  async close(): Promise<void> {
    const unplaced = [...this.#fetched.values()].filter(({ placed }) => placed === null);
    this.#fetched.clear();
    for (const { outcome } of unplaced) {
      // What is left behind is removed when the sink is opened next.
      if (!('skipped' in outcome)) await outcome.drop().catch(() => undefined);
    }
  }

  async #fetch(
    account: DownloadingAccount,
    { id: messageId, date }: Message,
    file: MediaFile,
    signal: AbortSignal,
  ): Promise<FetchedFile | null> {
    const before = this.#fetched.get(messageId);
    if (before) return before;
    const { maxFileBytes } = this.#parts.filter;
    const { mimeType, sizeBytes } = file;
    const extension = extensionOf(file.name ?? '', mimeType);
    if (!this.#isOfType(extension)) return null;
    const name = file.name ?? `${file.kind}${extension === null ? '' : `.${extension}`}`;
    const described = { messageId, name, mimeType, sizeBytes };
    if (sizeBytes > maxFileBytes) return skipped(described, `larger than ${maxFileBytes} bytes`);
    let fetched: FetchedFile;
    try {
      const content = account.download(file, 0);
      const outcome = await this.#parts.sink.store({ messageId, date, name }, content, signal);
      fetched = { described: { ...described, sizeBytes: outcome.sizeBytes }, outcome, placed: null };
    } catch (error) {
      fetched = skipped(described, this.#skipReason(messageId, error));
    }
    this.#fetched.set(messageId, fetched);
    return fetched;
  }

  #isWanted({ name, mimeType, sizeBytes }: MediaFile): boolean {
    return sizeBytes <= this.#parts.filter.maxFileBytes && this.#isOfType(extensionOf(name ?? '', mimeType));
  }

  #isOfType(extension: string | null): boolean {
    const { fileTypes } = this.#parts.filter;
    return fileTypes === null || (extension !== null && fileTypes.includes(extension));
  }

  /** @throws `error` where it ends the page. */
  #skipReason(messageId: number, error: unknown): string {
    const recovery = fileRecoveryAfter(error, this.#readAgain.has(messageId));
    if (recovery.kind === 'skip') return recovery.reason;
    if (recovery.kind === 'read_again') this.#readAgain.add(messageId);
    throw error;
  }

  /** Decides what becomes of a file, and begins with it. */
  async #begin(file: FetchedFile, lanes: Semaphore, signal: AbortSignal): Promise<void> {
    const { described, outcome } = file;
    if ('skipped' in outcome) {
      const nowhere = { path: null, sha256: null, state: 'skipped', reason: outcome.skipped } as const;
      file.placed = Promise.resolve({ ...described, ...nowhere });
      return;
    }
    const { sha256 } = outcome;
    const { runs, filter } = this.#parts;
    const elsewhere = this.#unrecorded.get(sha256) ?? (await runs.storedAs(filter.sourceId, sha256));
    const placing = elsewhere === null ? this.#keep(outcome, lanes, signal) : dropped(outcome, elsewhere);
    const placed = placing.then((place) => ({ ...described, sha256, reason: null, ...place }));
    file.placed = placed;
    placed.catch(() => {
      file.placed = null;
    });
  }

  async #keep(received: ReceivedFile, lanes: Semaphore, signal: AbortSignal): Promise<Place> {
    const keep = async () => {
      const release = await lanes.acquire(signal);
      return received.keep(signal).finally(release);
    };
    const path = keep();
    this.#unrecorded.set(received.sha256, path);
    path.catch(() => this.#unrecorded.delete(received.sha256));
    return { path: await path, state: 'stored' };
  }
}

type Place = Pick<ScrapedFile, 'path' | 'state'>;

/** Only once the first file with this content is in its place is this one not needed. */
async function dropped(received: ReceivedFile, elsewhere: string | Promise<string>): Promise<Place> {
  const path = await elsewhere;
  await received.drop();
  return { path, state: 'duplicate' };
}

function skipped(described: FileDescription, reason: string): FetchedFile {
  return { described, outcome: { skipped: reason }, placed: null };
}
