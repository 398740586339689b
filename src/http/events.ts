import type { Response } from 'express';
import type { ApiKey } from '../kernel/api_key.js';
import type { Timers } from '../kernel/timers.js';

/** What a slow reader may have outstanding before its stream is ended. */
const MAX_OUTSTANDING_BYTES = 256 * 1024;

/** The maximum number of listeners. */
const MAX_LISTENERS = 200;

/**
 * A `heartbeat` is sent this often, in milliseconds, so that no proxy closes a silent stream, and listeners notice one
 * that is silent because it is broken.
 */
const KEEP_ALIVE_MS = 15_000;

/** Who is told of an event. */
export type Audience = 'all' | 'admins';

/** Server-sent events: sent to every open stream, and not stored. */
export class EventHub {
  readonly #timers: Timers;
  readonly #listeners = new Map<Response, ApiKey>();
  readonly #openedListeners: (() => void)[] = [];
  #stopTimer: (() => void) | null = null;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get full(): boolean {
    return this.#listeners.size >= MAX_LISTENERS;
  }

  get listening(): boolean {
    return this.#listeners.size > 0;
  }

  /** The keys of the listeners. */
  keys(): ApiKey[] {
    return [...this.#listeners.values()];
  }

  /** Calls back for each new listener. */
  onOpened(listener: () => void): void {
    this.#openedListeners.push(listener);
  }

  /** Keeps the response open as a stream for the key, starting with `first`. */
  open(
    res: Response,
    key: ApiKey,
    first: readonly { readonly event: string; readonly data: unknown }[],
  ): void {
    res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    res.write('retry: 2000\n\n');
    for (const { event, data } of first) res.write(message(event, data));
    this.#listeners.set(res, key);
    res.once('close', () => this.#listeners.delete(res));
    this.#stopTimer ??= this.#timers.after(KEEP_ALIVE_MS, () => this.#keepAlive());
    for (const opened of this.#openedListeners) opened();
  }

  /** Sends to all whose key is not limited to tags; or, of these, to admins only. */
  publish(event: string, data: unknown, audience: Audience = 'all'): void {
    if (this.#listeners.size === 0) return;
    this.#write(
      message(event, data),
      ({ tags, role }) => tags.length === 0 && (audience === 'all' || role === 'admin'),
    );
  }

  /** Sends to those who listen with this key. */
  publishTo(holder: string, event: string, data: unknown): void {
    this.#write(message(event, data), (key) => key.holder === holder);
  }

  /** Ends the streams of the keys that match. */
  end(whose: (key: ApiKey) => boolean): void {
    for (const [res, key] of this.#listeners) {
      if (!whose(key)) continue;
      this.#listeners.delete(res);
      res.end();
    }
  }

  /** Ends every stream; a browser reconnects by itself. */
  close(): void {
    this.#stopTimer?.();
    this.end(() => true);
  }

  #keepAlive(): void {
    this.#stopTimer = null;
    if (this.#listeners.size === 0) return;
    this.#write(message('heartbeat', {}), () => true);
    this.#stopTimer = this.#timers.after(KEEP_ALIVE_MS, () => this.#keepAlive());
  }

  #write(text: string, whose: (key: ApiKey) => boolean): void {
    for (const [res, key] of this.#listeners) {
      if (!whose(key)) continue;
      if (res.writableLength > MAX_OUTSTANDING_BYTES) res.destroy();
      else res.write(text);
    }
  }
}

function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
