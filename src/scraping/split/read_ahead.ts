import type { Message, MessagesAfter } from '../../telegram/message.js';
import type { FetchedFile } from '../file_downloads.js';
import type { ChangeSignal } from './change_signal.js';

/** What a page takes: messages, about how many bytes of memory, and bytes of its files. */
export interface PageSize {
  readonly messages: number;
  readonly bytes: number;
  readonly fileBytes: number;
}

/** A page that was read, with its files. */
export interface ReadPage {
  readonly page: MessagesAfter;
  readonly files: readonly (FetchedFile | null)[];
}

/**
 * Pages that were read before those in front of them: readers put them in as they come, and they come out in order. Never
 * more than fits, but for the page that comes out next, which always does: otherwise nobody could go on.
 */
export class ReadAhead {
  readonly #most: PageSize;
  readonly #changed: ChangeSignal;
  /** By the id that they begin after. */
  readonly #pages = new Map<number, ReadPage>();
  readonly #sizes = new Map<number, PageSize>();
  #next: number;

  /** `changed` is told whenever somebody who waits should look again. */
  constructor(next: number, most: PageSize, changed: ChangeSignal) {
    this.#next = next;
    this.#most = most;
    this.#changed = changed;
  }

  /** After which id the page begins that comes out next. */
  get next(): number {
    return this.#next;
  }

  /** What is in it, or has its place there. */
  get held(): PageSize {
    let [messages, bytes, fileBytes] = [0, 0, 0];
    for (const size of this.#sizes.values()) {
      messages += size.messages;
      bytes += size.bytes;
      fileBytes += size.fileBytes;
    }
    return { messages, bytes, fileBytes };
  }

  /** Whether the page after this id may be put in now: it then has its place. */
  admit(after: number, size: PageSize): boolean {
    if (after !== this.#next && !this.#fits(size)) return false;
    this.#sizes.set(after, size);
    return true;
  }

  /** The page after this id has its place no longer: it was not read. */
  withdraw(after: number): void {
    if (this.#sizes.delete(after)) this.#changed.tell();
  }

  put(after: number, page: ReadPage): void {
    this.#pages.set(after, page);
    this.#changed.tell();
  }

  /** The page that comes out next, which keeps its place until `passed`; null: it is not there yet. */
  peek(): ReadPage | null {
    return this.#pages.get(this.#next) ?? null;
  }

  /** The page that came out is done with. */
  passed({ page }: ReadPage): void {
    this.#pages.delete(this.#next);
    this.#sizes.delete(this.#next);
    this.#next = page.lastId;
    this.#changed.tell();
  }

  #fits(size: PageSize): boolean {
    const { held } = this;
    return (['messages', 'bytes', 'fileBytes'] as const).every(
      (part) => held[part] + size[part] <= this.#most[part],
    );
  }
}

/** What a message takes beside its texts, in bytes: about as much as V8 needs for its objects. */
const MESSAGE_BYTES = 700;
const ENTITY_BYTES = 100;

/** What a page takes. `fileBytes`: those of its files that will be downloaded. */
export function pageSize(messages: readonly Message[], fileBytes: number): PageSize {
  let bytes = 0;
  for (const { text, entities } of messages) {
    bytes += MESSAGE_BYTES + 2 * text.length + ENTITY_BYTES * entities.length;
  }
  return { messages: messages.length, bytes, fileBytes };
}
