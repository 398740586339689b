import type { ConnectedAccount } from '../telegram/gateway.js';
import type { Message } from '../telegram/message.js';
import { extensionOf } from './extension.js';
import { RefusedFiles } from './refused_files.js';
import type { ArrivedFile, Sink } from './sinks/sink.js';
import type { RunStore, ScrapedFile } from './store.js';

/** Who fetches files: an account, or a bot. */
export type Downloading = Pick<ConnectedAccount, 'download'>;

/** Which files of a source are wanted. */
export interface FileWishes {
  readonly sourceId: number;
  /** Null: all; empty: none. */
  readonly fileTypes: readonly string[] | null;
  readonly maxFileBytes: number;
}

export interface FileIntakeParts {
  readonly runs: RunStore;
  readonly sink: Sink;
  readonly wishes: FileWishes;
}

/** Takes the files of messages in: each content once for a source, and only what is wanted. */
export class FileIntake {
  readonly #parts: FileIntakeParts;
  /** Of contents that are not recorded yet, where they are or will be. */
  readonly #underWay = new Map<string, Promise<string>>();
  /** By message, what is not recorded yet: a page that failed half-way is taken once more. */
  readonly #taken = new Map<number, ScrapedFile>();
  readonly #refused = new RefusedFiles();

  constructor(parts: FileIntakeParts) {
    this.#parts = parts;
  }

  /**
   * What becomes of the message's file; null: it has none, or none that is wanted.
   * @throws SinkFailed, the signal's reason, or as calls do.
   */
  async take(account: Downloading, message: Message, signal: AbortSignal): Promise<ScrapedFile | null> {
    const { file, id: messageId, date } = message;
    const { wishes, sink } = this.#parts;
    if (file === null || wishes.fileTypes?.length === 0) return null;
    const taken = this.#taken.get(messageId);
    if (taken) return taken;
    const { mimeType, sizeBytes } = file;
    const extension = extensionOf(file.name ?? '', mimeType);
    const name = file.name ?? `${file.kind}${extension === null ? '' : `.${extension}`}`;
    const known = { messageId, name, mimeType, sizeBytes };
    if (wishes.fileTypes && !(extension !== null && wishes.fileTypes.includes(extension))) return null;
    const skipped = (reason: string) => ({
      ...known,
      path: null,
      sha256: null,
      state: 'skipped' as const,
      reason,
    });
    if (sizeBytes > wishes.maxFileBytes) return skipped(`larger than ${wishes.maxFileBytes} bytes`);
    let done: ScrapedFile;
    try {
      const arrived = await sink.store({ messageId, date, name }, account.download(file, 0), signal);
      const placed = await this.#place(arrived, signal);
      done = { ...known, sizeBytes: arrived.sizeBytes, sha256: arrived.sha256, reason: null, ...placed };
    } catch (error) {
      done = skipped(this.#refused.reason(messageId, error));
    }
    this.#taken.set(messageId, done);
    return done;
  }

  /** The messages up to some id are recorded: the database knows their files now. */
  recorded(files: readonly ScrapedFile[]): void {
    for (const { messageId, sha256 } of files) {
      this.#taken.delete(messageId);
      this.#refused.recorded(messageId);
      if (sha256) this.#underWay.delete(sha256);
    }
  }

  /** Of several that arrive with one content, the first is kept. */
  async #place(arrived: ArrivedFile, signal: AbortSignal): Promise<Pick<ScrapedFile, 'path' | 'state'>> {
    const { sha256 } = arrived;
    const before = this.#underWay.get(sha256);
    if (before) {
      await arrived.drop();
      return { path: await before, state: 'duplicate' };
    }
    const placing = this.#keepUnlessKnown(arrived, signal);
    const path = placing.then((placed) => placed.path);
    this.#underWay.set(sha256, path);
    path.catch(() => this.#underWay.delete(sha256));
    return placing;
  }

  async #keepUnlessKnown(
    arrived: ArrivedFile,
    signal: AbortSignal,
  ): Promise<{ readonly path: string; readonly state: 'stored' | 'duplicate' }> {
    const { runs, wishes } = this.#parts;
    const known = await runs.storedAs(wishes.sourceId, arrived.sha256);
    if (known === null) return { path: await arrived.keep(signal), state: 'stored' };
    await arrived.drop();
    return { path: known, state: 'duplicate' };
  }
}
