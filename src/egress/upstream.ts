import { request } from 'node:http';
import { connect, isIPv6, type Socket } from 'node:net';
import { SocksClient } from 'socks';
import type { StoredProxy } from '../kernel/proxy.js';
import type { Destination, ReplyName } from './socks5.js';

/** How long a connection to Telegram, through its proxy, may take to be made, in milliseconds. */
const DIAL_MS = 15_000;

/** How often the kernel asks a silent peer whether it is still there, in milliseconds. */
export const KEEP_ALIVE_MS = 60_000;

/** Why there is no connection to Telegram; the message names neither user nor password. */
export class UpstreamFailed extends Error {
  override readonly name = 'UpstreamFailed';
  readonly reply: ReplyName;

  constructor(reply: ReplyName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reply = reply;
  }
}

/** A connection that is being made, or was made: it can be reset at any moment. */
export interface Upstream {
  readonly socket: Socket;
  /** Resolves when bytes can be exchanged with the destination. Rejects with UpstreamFailed. */
  readonly ready: Promise<void>;
}

/** How a proxy is asked for a connection, by its type; other types can't be used. */
const TUNNELS: Readonly<
  Record<string, (socket: Socket, proxy: StoredProxy, to: Destination) => Promise<void>>
> = {
  socks5: (socket, proxy, to) => socks(socket, proxy, to, 5),
  socks4: (socket, proxy, to) => socks(socket, proxy, to, 4),
  http: httpConnect,
};

/** Whether the fence can go on through this proxy. */
export function canPassThrough(proxy: StoredProxy | null): boolean {
  return proxy === null || TUNNELS[proxy.type] !== undefined;
}

/** Connects to the destination, through the proxy (its password decrypted) if there is one. */
export function dial(to: Destination, proxy: StoredProxy | null): Upstream {
  const { host, port } = proxy ?? to;
  const socket = connect({
    ...{ host, port, allowHalfOpen: true, noDelay: true },
    ...{ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS },
  });
  // Whoever waits for it is told by `ready`.
  socket.on('error', () => undefined);
  return { socket, ready: inTime(socket, open(socket, to, proxy)) };
}

async function open(socket: Socket, to: Destination, proxy: StoredProxy | null): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (error) => reject(failure(error)));
    socket.once('close', () => reject(new UpstreamFailed('failed', 'the connection was closed')));
  });
  if (proxy === null) return;
  const tunnel = TUNNELS[proxy.type];
  if (!tunnel) throw new UpstreamFailed('failed', `a proxy of type ${proxy.type} can't be used`);
  try {
    await tunnel(socket, proxy, to);
  } catch (error) {
    if (error instanceof UpstreamFailed) throw error;
    // The error of the library holds the proxy's password; its message does not.
    const reason = error instanceof Error ? error.message : 'it closed the connection';
    throw new UpstreamFailed('failed', `the proxy ${proxy.host}:${proxy.port} refused: ${reason}`);
  }
}

async function inTime(socket: Socket, opening: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new UpstreamFailed('hostUnreachable', `no connection within ${DIAL_MS} ms`);
    timer = setTimeout(reject, DIAL_MS, error).unref();
  });
  const closed = new Promise<never>((_, reject) => {
    socket.once('close', () => reject(new UpstreamFailed('failed', 'the connection was closed')));
  });
  try {
    await Promise.race([opening, late, closed]);
  } finally {
    clearTimeout(timer);
    for (const pending of [opening, closed]) pending.catch(() => undefined);
  }
}

const REPLY_OF: Readonly<Record<string, ReplyName>> = {
  ECONNREFUSED: 'connectionRefused',
  ENETUNREACH: 'networkUnreachable',
  EHOSTUNREACH: 'hostUnreachable',
  ETIMEDOUT: 'hostUnreachable',
};

function failure(error: NodeJS.ErrnoException): UpstreamFailed {
  const { code = error.name } = error;
  return new UpstreamFailed(REPLY_OF[code] ?? 'failed', code, { cause: error });
}

async function socks(
  socket: Socket,
  { host, port, user, pass }: StoredProxy,
  to: Destination,
  type: 4 | 5,
): Promise<void> {
  await SocksClient.createConnection({
    command: 'connect',
    destination: to,
    timeout: DIAL_MS,
    existing_socket: socket,
    proxy: {
      ...{ host, port, type },
      ...(user === null ? {} : { userId: user }),
      ...(pass === null ? {} : { password: pass }),
    },
  });
}

/** RFC 9110, section 9.3.6. */
async function httpConnect(socket: Socket, { user, pass }: StoredProxy, to: Destination): Promise<void> {
  const target = `${isIPv6(to.host) ? `[${to.host}]` : to.host}:${to.port}`;
  const login = Buffer.from(`${user ?? ''}:${pass ?? ''}`).toString('base64');
  const asking = request({
    ...{ method: 'CONNECT', path: target, createConnection: () => socket },
    headers: { host: target, ...(user !== null && { 'proxy-authorization': `Basic ${login}` }) },
  });
  await new Promise<void>((resolve, reject) => {
    asking.once('error', reject);
    asking.once('response', ({ statusCode }) => reject(new Error(`it answered ${statusCode}`)));
    asking.once('connect', ({ statusCode }, _socket, head: Buffer) => {
      if (statusCode !== 200) return reject(new Error(`it answered ${statusCode}`));
      if (head.length > 0) socket.unshift(head);
      resolve();
    });
    asking.end();
  });
}
