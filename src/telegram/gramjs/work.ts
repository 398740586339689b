import type { Timers } from '../../timers.js';
import { TelegramTimeout } from '../errors.js';

/** What a piece of work is, and how long it may take. */
export interface WorkOptions {
  /** For the error, if it takes too long. */
  readonly what: string;
  /** Null: no deadline. */
  readonly seconds: number | null;
  /** Breaks it off. */
  readonly signal?: AbortSignal | undefined;
}

/** Something that is done with Telegram, from its beginning to its one end. */
export interface Work {
  /** Aborted at its end, with the reason. */
  readonly signal: AbortSignal;
  /** Whether half of its time is gone. */
  isHalfOver(): boolean;
  /** Ends it; only the first reason counts. */
  stop(reason: unknown): void;
}

/** Begins a piece of work. It stops by itself when its time is up, or its signal is aborted. */
export function beginWork(timers: Timers, { what, seconds, signal }: WorkOptions): Work {
  const controller = new AbortController();
  let halfOver = false;
  const cancels: (() => void)[] = [];
  const stop = (reason: unknown): void => {
    for (const cancel of cancels.splice(0)) cancel();
    if (!controller.signal.aborted) controller.abort(reason);
  };
  if (seconds !== null) {
    const half = (): void => {
      halfOver = true;
    };
    cancels.push(timers.after(seconds * 500, half));
    cancels.push(timers.after(seconds * 1000, () => stop(new TelegramTimeout(what, seconds))));
  }
  if (signal !== undefined) {
    const abort = (): void => stop(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    cancels.push(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  }
  return { signal: controller.signal, isHalfOver: () => halfOver, stop };
}
