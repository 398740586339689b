import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { connectionConfig, type PostgresOptions } from './connect.js';
import type { TransactionDependencies } from './transaction.js';

/** What a notification holds, with room for what surrounds it, in bytes of ASCII. */
export const MAX_PAYLOAD_CHARACTERS = 7_000;

/** Messages that may wait to be sent; the oldest are dropped beyond it. */
const MAX_WAITING = 1_000;

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

  constructor(options: PostgresOptions, dependencies: TransactionDependencies) {
    const hearing = {
      heard: (payload: string) => this.#heard(payload),
      reconnected: () => {
        for (const listener of this.#reconnected) listener();
      },
    };
    this.#listener = new Listener(options, hearing, dependencies);
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
    if (message.length > MAX_PAYLOAD_CHARACTERS + 100) return;
    this.#waiting.push(message);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
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

/** The channel that the replicas of one database listen to. */
export const CHANNEL = 'telegate';

/** The longest pause between two attempts to connect, in milliseconds. */
const MAX_PAUSE_MS = 5_000;

const FIRST_PAUSE_MS = 50;

/** What a listener tells. */
export interface Hearing {
  heard(payload: string): void;
  /** It listens again, after a time in which it may have missed anything. */
  reconnected(): void;
}

/** The types of the client library don't know what it says of its connection. */
type Served = pg.Client & { readonly processID?: number | null };

/** A connection that does nothing but listen; when it is lost, another one takes its place. */
export class Listener {
  readonly #options: PostgresOptions;
  readonly #hearing: Hearing;
  readonly #dependencies: TransactionDependencies;
  #client: pg.Client | null = null;
  #closed = false;
  #failed = 0;
  #cancel: () => void = () => {};
  #pid: number | null = null;

  constructor(options: PostgresOptions, hearing: Hearing, dependencies: TransactionDependencies) {
    this.#options = options;
    this.#hearing = hearing;
    this.#dependencies = dependencies;
  }

  /** The server's process that serves the connection; null: there is none now. */
  get pid(): number | null {
    return this.#client && this.#pid;
  }

  /** Begins to listen. @throws what the client library does when there is no connection. */
  async start(): Promise<void> {
    const client = new pg.Client(connectionConfig(this.#options));
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => this.#hearing.heard(payload ?? ''));
    try {
      await client.connect();
      // Messages are not worth a write to disk each.
      await client.query(`SET synchronous_commit = off; LISTEN ${CHANNEL}`);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (this.#closed) return void (await client.end());
    client.once('end', () => this.#lost(client));
    this.#client = client;
    this.#pid = (client as Served).processID ?? null;
    this.#failed = 0;
  }

  /** Tells all who listen; messages are lost while there is no connection. */
  async tell(channel: string, messages: readonly string[]): Promise<void> {
    const text = 'SELECT pg_notify($1, message) FROM unnest($2::text[]) AS message';
    await this.#client?.query(text, [channel, messages]).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#client?.end().catch(() => undefined);
  }

  #lost(client: pg.Client): void {
    if (this.#client === client) this.#client = null;
    if (!this.#closed) this.#later();
  }

  #later(): void {
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failed, MAX_PAUSE_MS);
    this.#failed += 1;
    const { random, timers } = this.#dependencies;
    this.#cancel = timers.after(pause * (0.5 + random() / 2), () => {
      this.start().then(
        () => this.#hearing.reconnected(),
        () => this.#closed || this.#later(),
      );
    });
  }
}
