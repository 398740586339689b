import {
  type ConnectedOptions,
  type Library,
  sessionStringOf,
  type TelegramConnection,
} from './connected.js';
import type { Lease } from './lease.js';

/** What is used of GramJS's sockets. */
interface Socket {
  connect(port: number, ip: string): Promise<unknown>;
  close(): Promise<void>;
}
type SocketClass = new (...args: unknown[]) => Socket;

/** What is used of GramJS. */
interface GramJs {
  readonly TelegramClient: new (session: object, apiId: number, apiHash: string, options: object) => Client;
  readonly Logger: new (level: string) => object;
  readonly sessions: { readonly StringSession: new (text: string) => object };
  readonly extensions?: Partial<Record<'PromisedNetSockets' | 'PromisedWebSockets', SocketClass>>;
}
interface Client {
  onError?: (error: Error) => Promise<void>;
  connect(): Promise<unknown>;
  destroy(): Promise<void>;
}

/** @internal */
export const GRAM_JS: Library<GramJs> = { name: 'telegram', format: 'gramjs', connectionOf };

function connectionOf(
  { TelegramClient, Logger, sessions, extensions }: GramJs,
  session: Lease,
  { apiId, apiHash, client: options = {} }: ConnectedOptions,
): TelegramConnection {
  const proxy = proxyOf(session);
  const { isNode, PromisedNetSockets, PromisedWebSockets } = {
    isNode: 'process' in globalThis,
    ...extensions,
  };
  const base = (options.networkSocket as SocketClass) ?? (isNode ? PromisedNetSockets : PromisedWebSockets);
  const sockets = base && ownedSockets(base);
  const client = new TelegramClient(new sessions.StringSession(sessionStringOf(session)), apiId, apiHash, {
    // Every flood is an error, which is reported.
    floodSleepThreshold: 0,
    baseLogger: new Logger('none'),
    useWSS: !isNode,
    ...(proxy && { proxy }),
    ...options,
    ...(sockets && { networkSocket: sockets.Owned }),
  });
  client.onError = async () => {};
  return {
    client,
    connect: () => client.connect(),
    closeSockets: () => sockets?.close(),
  };
}

/** GramJS reconnects even after it was destroyed: its sockets are closed, and opened no more. */
function ownedSockets(Base: SocketClass) {
  const open = new Set<Socket>();
  let isCut = false;
  class Owned extends Base {
    override async connect(port: number, ip: string): Promise<unknown> {
      if (isCut) throw new Error('the lease is over');
      open.add(this);
      const connected = await super.connect(port, ip);
      if (isCut) void this.close();
      return connected;
    }

    override close(): Promise<void> {
      open.delete(this);
      return super.close();
    }
  }
  return {
    Owned,
    close() {
      isCut = true;
      for (const socket of open) void Promise.resolve(socket.close()).catch(() => {});
    },
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
