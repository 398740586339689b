import { randomUUID } from 'node:crypto';
import type { PostgresOptions } from './connect.js';
import { CHANNEL, Listener } from './listener.js';
import type { Surroundings } from './transaction.js';

/** What a notification holds, with room for what surrounds it, in bytes of ASCII. */
export const MOST_LETTERS = 7_000;

/** Messages that may wait to be sent; the oldest are dropped beyond it. */
const MOST_WAITING = 1_000;

/** What is told in a message, by its kind; `from` is the replica that tells. */
export type Hear = (body: unknown, from: string) => void;

/** Messages between the replicas of one database, in the order of their commits. Those of a replica don't reach itself. */
export class Channel {
  /** The replica. */
  readonly name: string = randomUUID();
  readonly #listener: Listener;
  readonly #hearing = new Map<string, Hear>();
  readonly #reconnected: (() => void)[] = [];
  readonly #latest = new Map<string, () => unknown>();
  readonly #waiting: string[] = [];
  #sending: Promise<void> | null = null;

  constructor(options: PostgresOptions, surroundings: Surroundings) {
    const hearing = {
      heard: (payload: string) => this.#heard(payload),
      reconnected: () => {
        for (const listener of this.#reconnected) listener();
      },
    };
    this.#listener = new Listener(options, hearing, surroundings);
  }

  /** The server's process that this replica listens by; null: it has no connection now. */
  get pid(): number | null {
    return this.#listener.pid;
  }

  start(): Promise<void> {
    return this.#listener.start();
  }

  /** Sends what waits, and stops listening. */
  async close(): Promise<void> {
    await this.#sending;
    await this.#listener.close();
  }

  on(kind: string, hear: Hear): void {
    this.#hearing.set(kind, hear);
  }

  /** Called after a time in which messages may have been missed. */
  onReconnected(listener: () => void): void {
    this.#reconnected.push(listener);
  }

  /** A message as a transaction sends it, so that it is told with the commit. */
  compose(kind: string, body: unknown): string {
    return ascii(JSON.stringify({ from: this.name, kind, body }));
  }

  /** Sends a message soon, after those before; it is lost with the connection, and dropped when it is too large. */
  send(kind: string, body: unknown): void {
    const message = this.compose(kind, body);
    if (message.length > MOST_LETTERS + 100) return;
    this.#waiting.push(message);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    this.#sending ??= this.#sendAll();
  }

  /** As `send`, of what is so by the time that it can be sent; before that, only the last call counts. */
  sendLatest(kind: string, body: () => unknown): void {
    this.#latest.set(kind, body);
    this.#sending ??= this.#sendAll();
  }

  /** One call of the server at a time: what comes meanwhile goes together. */
  async #sendAll(): Promise<void> {
    // What is said in one turn of the event loop, too.
    await Promise.resolve();
    while (this.#waiting.length + this.#latest.size > 0) {
      const latest = [...this.#latest].map(([kind, body]) => this.compose(kind, body()));
      this.#latest.clear();
      await this.#listener.tell(CHANNEL, [...this.#waiting.splice(0), ...latest]);
    }
    this.#sending = null;
  }

  #heard(payload: string): void {
    const message = read(payload);
    if (message && message.from !== this.name) this.#hearing.get(message.kind)?.(message.body, message.from);
  }
}

/** The message, or null where it is none of ours. */
function read(payload: string): { from: string; kind: string; body: unknown } | null {
  try {
    const { from, kind, body } = JSON.parse(payload);
    return typeof from === 'string' && typeof kind === 'string' ? { from, kind, body } : null;
  } catch {
    return null;
  }
}

/** The server counts bytes. */
function ascii(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
