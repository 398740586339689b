import pg from 'pg';
import { connectionConfig, type PostgresOptions } from './connect.js';
import type { Surroundings } from './transaction.js';

/** The channel that the replicas of one database listen to. */
export const CHANNEL = 'telegate';

/** The longest pause between two attempts to connect, in milliseconds. */
const LONGEST_PAUSE_MS = 5_000;

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
  readonly #surroundings: Surroundings;
  #client: pg.Client | null = null;
  #closed = false;
  #failed = 0;
  #cancel: () => void = () => {};
  #pid: number | null = null;

  constructor(options: PostgresOptions, hearing: Hearing, surroundings: Surroundings) {
    this.#options = options;
    this.#hearing = hearing;
    this.#surroundings = surroundings;
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
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failed, LONGEST_PAUSE_MS);
    this.#failed += 1;
    const { random, timers } = this.#surroundings;
    this.#cancel = timers.after(pause * (0.5 + random() / 2), () => {
      this.start().then(
        () => this.#hearing.reconnected(),
        () => this.#closed || this.#later(),
      );
    });
  }
}
