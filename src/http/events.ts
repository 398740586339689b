import type { Response } from 'express';
import type { Timers } from '../timers.js';

/** Bytes that a slow reader may have outstanding before it is cut off. */
const MOST_OUTSTANDING = 256 * 1024;

/** How many may listen at once. */
const MOST_LISTENERS = 200;

/** A comment is sent this often, in milliseconds, so that no proxy takes the silence for an end. */
const KEEP_ALIVE_MS = 15_000;

/** Server-sent events: what happens is told to everyone who listens, and kept for nobody. */
export class EventHub {
  readonly #timers: Timers;
  readonly #listeners = new Set<Response>();
  #stopTimer: (() => void) | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get full(): boolean {
    return this.#listeners.size >= MOST_LISTENERS;
  }

  get listening(): boolean {
    return this.#listeners.size > 0;
  }

  /** Keeps the response open as a stream, which begins with `first`. */
  open(res: Response, first: readonly { readonly event: string; readonly data: unknown }[]): void {
    res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    res.write('retry: 2000\n\n');
    for (const { event, data } of first) res.write(message(event, data));
    this.#listeners.add(res);
    res.once('close', () => this.#listeners.delete(res));
    this.#stopTimer ??= this.#timers.after(KEEP_ALIVE_MS, () => this.#keepAlive());
  }

  publish(event: string, data: unknown): void {
    if (this.#listeners.size > 0) this.#write(message(event, data));
  }

  /** Ends every stream; a browser comes back by itself. */
  close(): void {
    this.#stopTimer?.();
    for (const res of this.#listeners) res.end();
    this.#listeners.clear();
  }

  #keepAlive(): void {
    this.#stopTimer = null;
    if (this.#listeners.size === 0) return;
    this.#write(':\n\n');
    this.#stopTimer = this.#timers.after(KEEP_ALIVE_MS, () => this.#keepAlive());
  }

  #write(text: string): void {
    for (const res of this.#listeners) {
      if (res.writableLength > MOST_OUTSTANDING) res.destroy();
      else res.write(text);
    }
  }
}

function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
