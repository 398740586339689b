import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { exponentialDelay, withJitter } from '../../kernel/retry.js';
import { connectionConfig, type PostgresOptions } from './connect.js';
import type { TransactionDependencies } from './transaction.js';

/** The maximum size of a notification's content, with room for its envelope, in bytes of ASCII. */
export const MAX_PAYLOAD_CHARACTERS = 7_000;

/** The maximum number of messages waiting to be sent; beyond it, the oldest are dropped. */
const MAX_WAITING = 1_000;

/** The content of a message, by its kind; `from` is the sending replica. */
export type Hear = (body: unknown, from: string) => void;

/** Messages between the replicas of one database, in the order of their commits. A replica does not receive its own. */
export class Channel {
  /** The id of the replica. */
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

  /** The server process of this replica's listening connection; null: it has no connection now. */
  get pid(): number | null {
    return this.#listener.pid;
  }

  start(): Promise<void> {
    return this.#listener.start();
  }

  /** Sends pending messages, and stops listening. */
  async close(): Promise<void> {
    await this.#sending;
    await this.#listener.close();
  }

  on(kind: string, hear: Hear): void {
    this.#hearing.set(kind, hear);
  }

  /** Called after an interruption in which messages may have been missed. */
  onReconnected(listener: () => void): void {
    this.#reconnected.push(listener);
  }

  /** A message to be sent by a transaction, so that it is delivered with the commit. */
  compose(kind: string, body: unknown): string {
    return ascii(JSON.stringify({ from: this.name, kind, body }));
  }

  /** Sends a message soon, after the previous ones; it is lost with the connection, and dropped if it is too large. */
  send(kind: string, body: unknown): void {
    const message = this.compose(kind, body);
    if (message.length > MAX_PAYLOAD_CHARACTERS + 100) return;
    this.#waiting.push(message);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.#sending ??= this.#sendAll();
  }

  /** Like `send`, but with the content at the time of sending; only the last call before that counts. */
  sendLatest(kind: string, body: () => unknown): void {
    this.#latest.set(kind, body);
    this.#sending ??= this.#sendAll();
  }

  /** One call of the server at a time: messages that arrive meanwhile are sent together. */
  async #sendAll(): Promise<void> {
    // As are those of one turn of the event loop.
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

/** The message; null if it is not one of ours. */
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

/** The maximum delay between attempts to connect, in milliseconds. */
const MAX_DELAY_MS = 5_000;

const FIRST_DELAY_MS = 50;

/** The callbacks of a listener. */
export interface Hearing {
  heard(payload: string): void;
  /** It is listening again, after an interruption in which it may have missed messages. */
  reconnected(): void;
}

/** Missing in the client library's types. */
type Served = pg.Client & { readonly processID?: number | null };

/** A connection that only listens; when it is lost, another one replaces it. */
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

  /** The server process of the connection; null: there is none now. */
  get pid(): number | null {
    return this.#client && this.#pid;
  }

  /** Starts listening. @throws the client library's error if there is no connection. */
  async start(): Promise<void> {
    const client = new pg.Client(connectionConfig(this.#options));
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => this.#hearing.heard(payload ?? ''));
    try {
      await client.connect();
      // Messages are not worth a disk write each.
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

  /** Notifies all listeners; messages are lost while there is no connection. */
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
    const delayMs = exponentialDelay(this.#failed, FIRST_DELAY_MS, MAX_DELAY_MS);
    this.#failed += 1;
    const { random, timers } = this.#dependencies;
    this.#cancel = timers.after(withJitter(delayMs, random), () => {
      this.start().then(
        () => this.#hearing.reconnected(),
        () => this.#closed || this.#later(),
      );
    });
  }
}
