import {
  type ConnectedOptions,
  knownChannels,
  type Library,
  sessionStringOf,
  type TelegramConnection,
} from './connected.js';
import type { Lease } from './lease.js';
import { orAborted } from './runtime.js';
import { discard, SocketGuard } from './socket_guard.js';

interface Connection {
  /** Node's own socket. */
  readonly socket?: unknown;
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
}
interface Transport {
  setup?(crypto: unknown, log: unknown): void;
  connect(dc: object): Promise<Connection>;
  packetCodec(dc: object): unknown;
}
interface Network {
  readonly middlewares?: readonly Middleware[];
}
type TransportClass = new (settings?: object) => Transport;

/** What is used of mtcute. */
interface Mtcute {
  readonly TelegramClient: new (options: object) => Client;
  readonly MemoryStorage: new () => object;
  readonly networkMiddlewares?: { basic(): readonly Middleware[] };
  readonly Long?: { fromString(digits: string): object };
  readonly NodePlatform?: new () => object;
  readonly TcpTransport?: TransportClass;
  readonly SocksProxyTcpTransport?: TransportClass;
  readonly HttpProxyTcpTransport?: TransportClass;
  readonly MtProxyTcpTransport?: TransportClass;
}
type Middleware = (call: { readonly request: { readonly _: string } }, next: Next) => Promise<unknown>;
type Next = (call: object) => Promise<unknown>;
interface Client {
  /** What connects a client that is not, and rejects once it is destroyed. */
  readonly _client?: { readonly _connect: { run(): Promise<void> } };
  readonly storage?: { readonly peers: { store(peer: object): Promise<void> } };
  importSession(session: object, force: boolean): Promise<void>;
  connect(): Promise<void>;
  destroy(): Promise<void>;
}

const OWN_CALLS = /^(help\.getConfig|auth\.(ex|im)portAuthorization)$/;

/** What mtcute stores of a channel besides. */
const CHANNEL = { _: 'channel', photo: { _: 'chatPhotoEmpty' }, date: 0 };

/** @internal */
export const MTCUTE: Library<Mtcute> = { name: '@mtcute/node', format: 'telethon', connectionOf };

function connectionOf(
  mtcute: Mtcute,
  session: Lease,
  { apiId, apiHash, client: options = {} }: ConnectedOptions,
): TelegramConnection {
  const data = readSessionString(sessionStringOf(session), options.testMode === true);
  const guard = new SocketGuard(session);
  const transport = (options.transport as Transport) ?? transportOf(mtcute, session);
  const client = new mtcute.TelegramClient({
    ...{ apiId, apiHash, updates: false, logLevel: 0 },
    ...(!options.storage && storageOf(mtcute)),
    ...options,
    ...networkOf(mtcute, guard, options.network as Network),
    ...(transport && { transport: guarded(transport, guard) }),
  });
  proceedWhileUsable(client, guard);
  return {
    client,
    async connect() {
      await client.importSession(data, true);
      const { Long } = mtcute;
      for (const channel of Long ? knownChannels(session, Long.fromString) : [])
        await client.storage?.peers.store({ ...channel, ...CHANNEL, id: Number(channel.id) });
      await client.connect();
    },
    closeSockets: () => guard.cut(),
  };
}

/**
 * mtcute leaves the rejection of these to nobody, which ends the process, or repeats them without a pause: those that
 * it makes for a connection to another data centre never end, once it is cut off.
 */
function networkOf(mtcute: Mtcute, guard: SocketGuard, network?: Network): object {
  const middlewares = network?.middlewares ?? mtcute.networkMiddlewares?.basic();
  if (!middlewares) return {};
  const proceeding: Middleware = async (call, next) => {
    try {
      return await next(call);
    } catch (error) {
      if (OWN_CALLS.test(call.request._)) await guard.proceed();
      throw error;
    }
  };
  return { network: { ...network, middlewares: [proceeding, ...middlewares] } };
}

/** As above: of a call after the end. */
function proceedWhileUsable({ _client: base }: Client, guard: SocketGuard): void {
  const run = base?._connect.run;
  if (run)
    base._connect.run = async () => {
      guard.ensureUsable();
      await run();
    };
}

/** A storage in memory. With it, mtcute need not end the process at SIGTERM, before the session is given back. */
function storageOf({ MemoryStorage, NodePlatform }: Mtcute): object {
  const platform = NodePlatform && Object.assign(new NodePlatform(), { beforeExit: () => () => {} });
  return { storage: new MemoryStorage(), ...(platform && { platform }) };
}

/** The transport, which other leases may use as well, with connections that `guard` can cut. */
function guarded(transport: Transport, guard: SocketGuard): Transport {
  const guardedConnection = (connection: Connection): Connection => {
    const write = connection.write.bind(connection);
    const close = connection.close.bind(connection);
    connection.write = async (bytes) => {
      guard.ensureUsable();
      await write(bytes);
    };
    connection.close = () => {
      guard.closed(connection.close);
      discard(connection.socket);
      close();
    };
    guard.opened(connection.close);
    return connection;
  };
  return {
    setup: (crypto, log) => transport.setup?.(crypto, log),
    packetCodec: (dc) => transport.packetCodec(dc),
    async connect(dc) {
      guard.ensureUsable();
      // What is still connecting when it is cut is closed as soon as it can be: mtcute must not wait for it.
      return orAborted(transport.connect(dc).then(guardedConnection), guard.signal);
    },
  };
}

/** @throws Error for a proxy that mtcute can't use here: the account must not be seen without it. */
function transportOf(mtcute: Mtcute, { details: { proxy } }: Lease): Transport | null {
  if (!proxy) return mtcute.TcpTransport ? new mtcute.TcpTransport() : null;
  const { type, host, port, user, pass } = proxy;
  const Proxied = {
    socks5: mtcute.SocksProxyTcpTransport,
    socks4: mtcute.SocksProxyTcpTransport,
    http: mtcute.HttpProxyTcpTransport,
    mtproxy: mtcute.MtProxyTcpTransport,
  }[type];
  if (!Proxied) throw new Error(`mtcute can't use the session's ${type} proxy here`);
  if (type === 'mtproxy') return new Proxied({ host, port, secret: pass ?? '' });
  const login = { ...(user !== null && { user }), ...(pass !== null && { password: pass }) };
  return new Proxied({ host, port, ...login, ...(type === 'socks4' && { version: 4 }) });
}

/** What mtcute needs of a session string in Telethon's format: data centre, address, port and key. */
function readSessionString(text: string, testMode: boolean): object {
  const base64 = text.slice(1).replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const ipv6 = bytes.length === 1 + 16 + 2 + 256;
  const addressEnd = ipv6 ? 17 : 5;
  const view = new DataView(bytes.buffer);
  const parts = Array.from({ length: ipv6 ? 8 : 4 }, (_, at) =>
    ipv6 ? view.getUint16(1 + 2 * at).toString(16) : view.getUint8(1 + at),
  );
  const dc = {
    ...{ id: view.getUint8(0), ipAddress: parts.join(ipv6 ? ':' : '.'), port: view.getUint16(addressEnd) },
    ...{ ipv6, mediaOnly: false, testMode },
  };
  return { testMode, primaryDcs: { main: dc, media: dc }, authKey: bytes.slice(addressEnd + 2) };
}
