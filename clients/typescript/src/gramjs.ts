import {
  type ConnectedOptions,
  knownChannels,
  type Library,
  sessionStringOf,
  type TelegramConnection,
} from './connected.js';
import type { Lease } from './lease.js';
import { discard, SocketGuard } from './socket_guard.js';

/** What is used of GramJS's sockets. */
interface Socket {
  /** Node's own socket. */
  readonly client?: unknown;
  connect(port: number, ip: string): Promise<unknown>;
  write(data: unknown): void;
  close(): Promise<void>;
}
type SocketClass = new (...args: unknown[]) => Socket;

/** What is used of GramJS. */
interface GramJs {
  readonly TelegramClient: new (session: object, apiId: number, apiHash: string, options: object) => Client;
  readonly Logger: new (level: string) => object;
  readonly sessions: { readonly StringSession: new (text: string) => Session };
  readonly Api?: { readonly Channel: new (fields: object) => object };
  readonly helpers?: { returnBigInt(digits: string): object };
  readonly extensions?: Partial<Record<'PromisedNetSockets' | 'PromisedWebSockets', SocketClass>>;
}
interface Session {
  /** As GramJS reads it: with a sign. */
  readonly port: number;
  /** Keeps the access hashes of these, by which GramJS then calls. */
  processEntities?(entities: readonly object[]): void;
}
type Timer = Parameters<typeof clearTimeout>[0];
interface Client {
  onError?: () => Promise<void>;
  /** When connections to other data centres are closed that nobody uses. */
  readonly _exportedSenderReleaseTimeouts?: ReadonlyMap<number, Timer>;
  connect(): Promise<unknown>;
  destroy(): Promise<void>;
}

/** @internal */
export const GRAM_JS: Library<GramJs> = { name: 'telegram', format: 'gramjs', connectionOf };

function connectionOf(
  library: GramJs,
  session: Lease,
  { apiId, apiHash, client: options = {} }: ConnectedOptions,
): TelegramConnection {
  const { TelegramClient, Logger, sessions, extensions, Api, helpers } = library;
  const proxy = proxyOf(session);
  const { isNode, PromisedNetSockets, PromisedWebSockets } = {
    isNode: 'process' in globalThis,
    ...extensions,
  };
  const base = (options.networkSocket as SocketClass) ?? (isNode ? PromisedNetSockets : PromisedWebSockets);
  const guard = new SocketGuard(session);
  const string = new sessions.StringSession(sessionStringOf(session));
  if (Api && helpers) {
    const channels = knownChannels(session, (digits) => helpers.returnBigInt(digits));
    string.processEntities?.(channels.map((channel) => new Api.Channel(channel)));
  }
  // GramJS dials port 80 or 443, whatever the session says; an MTProxy at its own port.
  const port = isNode && session.details.proxy?.type !== 'mtproxy' ? string.port & 0xffff : 0;
  const client = new TelegramClient(string, apiId, apiHash, {
    // Every flood is an error, which is reported.
    floodSleepThreshold: 0,
    baseLogger: new Logger('none'),
    useWSS: !isNode,
    ...(proxy && { proxy }),
    ...options,
    ...(base && { networkSocket: guarded(base, guard, port) }),
  });
  // It tries whatever fails again, without end, also once it is destroyed; partly without a pause, so that nothing else runs.
  client.onError = () => guard.proceed();
  return {
    client,
    connect: () => client.connect(),
    closeSockets() {
      guard.cut();
      for (const timer of client._exportedSenderReleaseTimeouts?.values() ?? []) clearTimeout(timer);
    },
  };
}

/**
 * GramJS reconnects even after it was destroyed: its sockets are closed, and opened no more. `sessionPort`: is
 * dialled instead of GramJS's own choice; 0: is not.
 */
function guarded(Base: SocketClass, guard: SocketGuard, sessionPort: number): SocketClass {
  return class Guarded extends Base {
    readonly #close = () => void this.close().catch(() => {});

    override async connect(port: number, ip: string): Promise<unknown> {
      await guard.proceed();
      guard.ensureUsable();
      guard.opened(this.#close);
      const connected = await super.connect(sessionPort || port, ip);
      // It may have been cut since.
      guard.opened(this.#close);
      return connected;
    }

    override write(data: unknown): void {
      guard.ensureUsable();
      super.write(data);
    }

    override async close(): Promise<void> {
      guard.closed(this.#close);
      discard(this.client);
      await super.close();
    }
  };
}

/** @throws Error for a proxy that GramJS can't use: the account must not be seen without it. */
function proxyOf({ details: { proxy } }: Lease): object | null {
  if (!proxy) return null;
  const { type, host: ip, port, user, pass } = proxy;
  if (type === 'mtproxy') return { ip, port, secret: pass ?? '', MTProxy: true };
  if (type !== 'socks5' && type !== 'socks4') throw new Error(`GramJS can't use the session's ${type} proxy`);
  const login = { ...(user !== null && { username: user }), ...(pass !== null && { password: pass }) };
  return { ip, port, socksType: type === 'socks5' ? 5 : 4, timeout: 10, ...login };
}
