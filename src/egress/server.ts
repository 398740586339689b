import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { Logger } from 'winston';
import type { Rate } from '../cluster/cluster.js';
import { clientAddress } from '../kernel/client_address.js';
import type { Clock } from '../kernel/clock.js';
import type { StoredProxy } from '../kernel/proxy.js';
import type { Timers } from '../kernel/timers.js';
import { ClientBytes } from './client_bytes.js';
import type { EgressCredentials, KnownCredentials } from './credentials.js';
import type { IsTelegram } from './destinations.js';
import type { Fence } from './fence.js';
import type { FencedConnection, LeaseTraffic } from './lease_traffic.js';
import type { EgressMetrics, RefusalReason } from './metrics.js';
import { Relay, reset } from './relay.js';
import * as socks5 from './socks5.js';
import { dial, KEEP_ALIVE_MS, UpstreamFailed } from './upstream.js';

/** How many wrong passwords one address may send before it is slowed down. */
export const GUESSES: Rate = { points: 10, seconds: 60 };

/** How long such an address waits for each further answer, in milliseconds. */
const GUESS_DELAY_MS = 2000;

/** How long a client may take until it has said where to, in milliseconds. */
const HANDSHAKE_MS = 10_000;

/** How long a refused client has to read why, in milliseconds. */
const LINGER_MS = 1000;

/**
 * The maximum number of connections: of a process, of one lease; and of those that have not said where to yet, or were
 * refused.
 */
const MAX_CONNECTIONS = 10_000;
const MAX_OF_LEASE = 64;
const MAX_HANDSHAKES = 1_000;
const MAX_HANDSHAKES_OF_ADDRESS = 256;

export interface EgressServerParts {
  readonly fence: Fence;
  readonly credentials: EgressCredentials;
  readonly isTelegram: IsTelegram;
  /** Whether a connection may be made to this host. */
  readonly mayDial: (host: string) => boolean;
  /** The proxy with its decrypted password. */
  readonly openProxy: (stored: StoredProxy) => Promise<StoredProxy>;
  readonly guesses: RateLimiterAbstract;
  readonly metrics: EgressMetrics;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** A client that is refused, and what it is told; null: nothing. */
class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly reason: RefusalReason,
    readonly answer: Buffer | null,
  ) {
    super(reason);
  }
}

/** The SOCKS 5 server through which workers connect to Telegram, and to nothing else, while their leases last. */
export class EgressServer {
  readonly #parts: EgressServerParts;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #handshakes = new Map<string, number>();
  #shaking = 0;
  #connections = 0;

  constructor(parts: EgressServerParts) {
    this.#parts = parts;
    this.#server = createServer(
      { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
      (client) => this.#accept(client),
    );
  }

  /** Where it listens. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  async listen(port: number, host: string): Promise<void> {
    this.#server.listen({ port, host, backlog: 1024 });
    await once(this.#server, 'listening');
  }

  /** Ends every connection, and listens no more. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#parts.fence.close();
    for (const client of this.#clients) reset(client);
    await closed;
  }

  #accept(client: Socket): void {
    client.on('error', () => reset(client));
    const address = clientAddress(undefined, client.remoteAddress);
    if (this.#isFull(address)) {
      this.#parts.metrics.refused('too_many');
      reset(client);
      return;
    }
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    const shaken = this.#countHandshake(address);
    // One that is refused keeps its place until it is gone: it costs as much as one that says nothing.
    client.once('close', shaken);
    void this.#serve(client, address, shaken);
  }

  #isFull(address: string): boolean {
    const ofAddress = this.#handshakes.get(address) ?? 0;
    if (this.#shaking >= MAX_HANDSHAKES || ofAddress >= MAX_HANDSHAKES_OF_ADDRESS) return true;
    return this.#shaking + this.#connections >= MAX_CONNECTIONS;
  }

  /** Counts a client that has not said where to yet; the returned function, once, that it does not count any more. */
  #countHandshake(address: string): () => void {
    this.#shaking += 1;
    this.#handshakes.set(address, (this.#handshakes.get(address) ?? 0) + 1);
    let counts = true;
    return () => {
      if (!counts) return;
      counts = false;
      this.#shaking -= 1;
      const left = (this.#handshakes.get(address) ?? 1) - 1;
      if (left === 0) this.#handshakes.delete(address);
      else this.#handshakes.set(address, left);
    };
  }

  /** Carries the client as far as a connection to Telegram, or refuses it. `shaken`: called when it has said where to. */
  async #serve(client: Socket, address: string, shaken: () => void): Promise<void> {
    const { timers, metrics, logger } = this.#parts;
    const gone = new AbortController();
    let isLate = false;
    const stopTimer = timers.after(HANDSHAKE_MS, () => {
      isLate = true;
      gone.abort();
    });
    for (const event of ['end', 'close']) client.once(event, () => gone.abort());
    try {
      const { traffic, to } = await this.#shakeHands(client, address, gone.signal).finally(stopTimer);
      shaken();
      await this.#connect(client, traffic, to);
    } catch (error) {
      const { reason, answer } = isLate ? new Refused('slow', null) : refusal(error);
      metrics.refused(reason);
      logger.debug('egress refused', { address, reason, ...(reason === 'database' && { error }) });
      this.#sayGoodbye(client, answer);
    }
  }

  async #shakeHands(
    client: Socket,
    address: string,
    gone: AbortSignal,
  ): Promise<{ traffic: LeaseTraffic; to: socks5.Destination }> {
    const { fence, isTelegram } = this.#parts;
    const bytes = new ClientBytes(client, gone);
    const take = (count: number) => bytes.take(count);
    if (!(await socks5.readGreeting(take))) throw new Refused('no_credentials', socks5.METHOD_REFUSED);
    client.write(socks5.METHOD_CHOSEN);
    const traffic = await fence.admit(await this.#authenticate(take, address));
    if (typeof traffic === 'string') throw new Refused(traffic, socks5.CREDENTIALS_REFUSED);
    client.write(socks5.CREDENTIALS_ACCEPTED);
    const request = await socks5.readRequest(take);
    if (request.kind === 'refused') throw new Refused('command', socks5.reply(request.reply));
    if (!isTelegram(request.to)) throw new Refused('destination', socks5.reply('notAllowed'));
    bytes.handOver();
    if (traffic.connections.size >= MAX_OF_LEASE) throw new Refused('too_many', socks5.reply('notAllowed'));
    return { traffic, to: request.to };
  }

  /** Right credentials always pass; only wrong ones count, so that one worker can't slow down its neighbours. */
  async #authenticate(take: socks5.Take, address: string): Promise<KnownCredentials> {
    const { credentials, guesses, timers } = this.#parts;
    const { user, pass } = await socks5.readCredentials(take);
    const known = credentials.verify(user, pass);
    if (known !== null) return known;
    const isTooOften = await guesses.consume(address).then(
      () => false,
      (refusal: unknown) => refusal instanceof RateLimiterRes,
    );
    if (isTooOften) await new Promise<void>((resolve) => void timers.after(GUESS_DELAY_MS, resolve));
    throw new Refused('bad_credentials', socks5.CREDENTIALS_REFUSED);
  }

  async #connect(client: Socket, traffic: LeaseTraffic, to: socks5.Destination): Promise<void> {
    const { openProxy, mayDial, clock, metrics } = this.#parts;
    const { proxy: stored } = traffic.lease;
    const proxy = stored && (await openProxy(stored));
    if (!mayDial((proxy ?? to).host)) throw new Refused('destination', socks5.reply('notAllowed'));
    if (!traffic.isOpen(clock.now()) || client.destroyed) throw new Refused('lease_ended', null);
    const { socket: upstream, ready } = dial(to, proxy);
    const dialling = new Dialling(client, upstream, clock.now());
    traffic.connections.add(dialling);
    client.once('close', () => reset(upstream));
    this.#connections += 1;
    upstream.once('close', () => {
      this.#connections -= 1;
    });
    try {
      await ready;
    } catch (error) {
      reset(upstream);
      // The end of the lease has cut it.
      throw traffic.ended ? new Refused('lease_ended', null) : error;
    } finally {
      traffic.connections.delete(dialling);
    }
    if (!traffic.isOpen(clock.now())) {
      dialling.cut();
      throw new Refused('lease_ended', null);
    }
    const relay = new Relay({
      ...{ client, upstream, traffic, clock, count: metrics.bytes },
      onClosed: () => traffic.connections.delete(relay),
    });
    traffic.connections.add(relay);
    traffic.opened += 1;
    metrics.connected();
    client.write(socks5.reply('granted'));
    relay.start();
  }

  #sayGoodbye(client: Socket, answer: Buffer | null): void {
    if (answer === null || client.destroyed) {
      reset(client);
      return;
    }
    client.end(answer);
    const stopTimer = this.#parts.timers.after(LINGER_MS, () => reset(client));
    client.once('close', stopTimer);
    client.once('end', () => client.destroy());
    client.resume();
  }
}

/** A connection that is being made: there is nothing to pass on yet. */
class Dialling implements FencedConnection {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly lastUsedAt: number;
  readonly halfClosedAt = null;

  constructor(client: Socket, upstream: Socket, now: number) {
    this.#client = client;
    this.#upstream = upstream;
    this.lastUsedAt = now;
  }

  cut(): void {
    reset(this.#upstream);
    reset(this.#client);
  }
}

function refusal(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof UpstreamFailed) return new Refused('upstream', socks5.reply(error.reply));
  if (error instanceof socks5.NotSocks) return new Refused('not_socks', null);
  return new Refused('database', socks5.CREDENTIALS_REFUSED);
}
