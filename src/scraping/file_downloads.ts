import type { ScrapedFile } from '../runs/store.js';
import type { ConnectedAccount } from '../telegram/gateway.js';
import type { Message } from '../telegram/message.js';
import { extensionOf } from './file_names.js';
import { fileRecoveryAfter } from './recovery.js';
import type { RunRecords } from './service_ports.js';
import type { ReceivedFile, Sink } from './sinks/sink.js';

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

/** Stores the files of messages: each content once for a source, and only what the filter admits. */
export class FileDownloads {
  readonly #parts: FileDownloadsParts;
  /** By checksum, the path of each content that is not recorded yet, once it is stored. */
  readonly #unrecorded = new Map<string, Promise<string>>();
  /** By message, the files that are not recorded yet: a page that failed half-way is stored again. */
  readonly #done = new Map<number, ScrapedFile>();
  /** Messages that were read again because their file was stale. */
  readonly #readAgain = new Set<number>();

  constructor(parts: FileDownloadsParts) {
    this.#parts = parts;
  }

  /**
   * Stores the message's file, unless its content is stored already or it is skipped; null: there is none, or the
   * filter does not want it.
   * @throws SinkFailed, the signal's reason, or as calls do.
   */
  async store(
    account: DownloadingAccount,
    message: Message,
    signal: AbortSignal,
  ): Promise<ScrapedFile | null> {
    const { file, id: messageId, date } = message;
    const { fileTypes, maxFileBytes } = this.#parts.filter;
    if (file === null) return null;
    const { mimeType, sizeBytes } = file;
    const extension = extensionOf(file.name ?? '', mimeType);
    if (fileTypes && !(extension !== null && fileTypes.includes(extension))) return null;
    const done = this.#done.get(messageId);
    if (done) return done;
    const name = file.name ?? `${file.kind}${extension === null ? '' : `.${extension}`}`;
    const described = { messageId, name, mimeType, sizeBytes };
    if (sizeBytes > maxFileBytes) return skipped(described, `larger than ${maxFileBytes} bytes`);
    let scraped: ScrapedFile;
    try {
      const content = account.download(file, 0);
      const received = await this.#parts.sink.store({ messageId, date, name }, content, signal);
      const placed = await this.#place(received, signal);
      const { sizeBytes, sha256 } = received;
      scraped = { ...described, sizeBytes, sha256, reason: null, ...placed };
    } catch (error) {
      scraped = skipped(described, this.#skipReason(messageId, error));
    }
    this.#done.set(messageId, scraped);
    return scraped;
  }

  /** These files are recorded: the database knows them now. */
  recorded(files: readonly ScrapedFile[]): void {
    for (const { messageId, sha256 } of files) {
      this.#done.delete(messageId);
      this.#readAgain.delete(messageId);
      if (sha256) this.#unrecorded.delete(sha256);
    }
  }

  /** @throws `error` where it ends the page. */
  #skipReason(messageId: number, error: unknown): string {
    const recovery = fileRecoveryAfter(error, this.#readAgain.has(messageId));
    if (recovery.kind === 'skip') return recovery.reason;
    if (recovery.kind === 'read_again') this.#readAgain.add(messageId);
    throw error;
  }

  /** Of several files with one content that are received at once, the first is kept. */
  async #place(received: ReceivedFile, signal: AbortSignal): Promise<Pick<ScrapedFile, 'path' | 'state'>> {
    const { sha256 } = received;
    const before = this.#unrecorded.get(sha256);
    if (before) {
      await received.drop();
      return { path: await before, state: 'duplicate' };
    }
    const placing = this.#keepUnlessStored(received, signal);
    const path = placing.then((placed) => placed.path);
    this.#unrecorded.set(sha256, path);
    path.catch(() => this.#unrecorded.delete(sha256));
    return placing;
  }

  async #keepUnlessStored(
    received: ReceivedFile,
    signal: AbortSignal,
  ): Promise<{ readonly path: string; readonly state: 'stored' | 'duplicate' }> {
    const { runs, filter } = this.#parts;
    const storedAs = await runs.storedAs(filter.sourceId, received.sha256);
    if (storedAs === null) return { path: await received.keep(signal), state: 'stored' };
    await received.drop();
    return { path: storedAs, state: 'duplicate' };
  }
}

function skipped(
  file: Pick<ScrapedFile, 'messageId' | 'name' | 'mimeType' | 'sizeBytes'>,
  reason: string,
): ScrapedFile {
  return { ...file, path: null, sha256: null, state: 'skipped', reason };
}
