import { TelegramRefused } from '../telegram/errors.js';

/** A message was read so long ago that its file can't be fetched by it any more: it is to be read again. */
const STALE = /^FILE_REFERENCE_/;

/** It is the file that can't be had, whoever asks. */
const OF_THE_FILE = /^(FILE_|LOCATION_INVALID$)/;

/** Whether an error says that a file can be fetched once its message was read again. */
export function isStaleFile(telegramError: string): boolean {
  return STALE.test(telegramError);
}

/** Tells files that can't be had from errors that end a page; each stale one is read again once. */
export class RefusedFiles {
  readonly #readAgain = new Set<number>();

  /** Why the message's file can't be had. @throws `error` where it says something else. */
  reason(messageId: number, error: unknown): string {
    if (!(error instanceof TelegramRefused && OF_THE_FILE.test(error.telegramError))) throw error;
    if (isStaleFile(error.telegramError) && !this.#readAgain.has(messageId)) {
      this.#readAgain.add(messageId);
      throw error;
    }
    return `Telegram does not give it (${error.telegramError})`;
  }

  /** What became of the message's file is recorded. */
  recorded(messageId: number): void {
    this.#readAgain.delete(messageId);
  }
}
