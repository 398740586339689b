import type { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.js';
import type { FencedConnection, LeaseTraffic } from './lease_traffic.js';

/** Counts the bytes that pass. */
export type CountBytes = (direction: 'up' | 'down', bytes: number) => void;

export interface RelayParts {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly traffic: LeaseTraffic;
  readonly clock: Clock;
  readonly count: CountBytes;
  readonly onClosed: () => void;
}

/**
 * A worker's connection, and the one to Telegram that was made for it. Each chunk asks whether the lease still
 * lasts before it is passed on: that is why this is no `pipeline`. A side that does not read stops the other one.
 */
export class Relay implements FencedConnection {
  readonly #parts: RelayParts;
  lastUsedAt: number;
  halfClosedAt: number | null = null;
  #closed = false;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.lastUsedAt = parts.clock.now();
    const { client, upstream } = parts;
    for (const side of [client, upstream]) {
      side.on('error', () => this.cut());
      side.on('close', () => this.#sideClosed());
    }
  }

  /** Begins to pass bytes on, in both directions. */
  start(): void {
    const { client, upstream } = this.#parts;
    this.#pass(client, upstream, 'up');
    this.#pass(upstream, client, 'down');
  }

  cut(): void {
    const { client, upstream } = this.#parts;
    // Telegram's side first: what the kernel still holds for it must not leave.
    reset(upstream);
    reset(client);
    this.#close();
  }

  #pass(from: Socket, to: Socket, direction: 'up' | 'down'): void {
    const { traffic, clock, count } = this.#parts;
    from.on('data', (chunk: Buffer) => {
      const now = clock.now();
      if (!traffic.isOpen(now)) return this.cut();
      this.lastUsedAt = now;
      if (direction === 'up') traffic.bytesUp += chunk.length;
      else traffic.bytesDown += chunk.length;
      count(direction, chunk.length);
      // What `write` says counts what the kernel has just taken, too.
      if (!to.write(chunk) && to.writableLength > 0) from.pause();
    });
    from.on('end', () => {
      this.halfClosedAt ??= clock.now();
      to.end();
    });
    to.on('drain', () => from.resume());
  }

  #sideClosed(): void {
    const { client, upstream } = this.#parts;
    if (client.destroyed && upstream.destroyed) this.#close();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.onClosed();
  }
}

/** Ends a connection so that the kernel discards what it has not sent (RST). */
export function reset(socket: Socket): void {
  // One that is still being made would first be completed.
  if (!socket.destroyed && !socket.connecting) socket.resetAndDestroy();
  socket.destroy();
}
