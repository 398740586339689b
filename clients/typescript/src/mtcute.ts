import {
  type ConnectedOptions,
  type Library,
  sessionStringOf,
  type TelegramConnection,
} from './connected.js';
import type { Lease } from './lease.js';

interface Closable {
  close(): void;
}
interface Transport {
  connect(dc: object): Promise<Closable>;
}
type TransportClass = new (settings?: object) => Transport;

/** What is used of mtcute. */
interface Mtcute {
  readonly TelegramClient: new (options: object) => Client;
  readonly MemoryStorage: new () => object;
  readonly TcpTransport?: TransportClass;
  readonly SocksProxyTcpTransport?: TransportClass;
  readonly HttpProxyTcpTransport?: TransportClass;
  readonly MtProxyTcpTransport?: TransportClass;
}
interface Client {
  importSession(session: object, force: boolean): Promise<void>;
  connect(): Promise<void>;
  destroy(): Promise<void>;
}

/** @internal */
export const MTCUTE: Library<Mtcute> = { name: '@mtcute/node', format: 'telethon', connectionOf };

function connectionOf(
  mtcute: Mtcute,
  session: Lease,
  { apiId, apiHash, client: options = {} }: ConnectedOptions,
): TelegramConnection {
  const data = readSessionString(sessionStringOf(session), options.testMode === true);
  const connections = ownedConnections((options.transport as Transport) ?? transportOf(mtcute, session));
  const client = new mtcute.TelegramClient({
    ...{ apiId, apiHash, storage: new mtcute.MemoryStorage(), updates: false, logLevel: 0 },
    ...options,
    ...(connections && { transport: connections.transport }),
  });
  return {
    client,
    async connect() {
      await client.importSession(data, true);
      await client.connect();
    },
    closeSockets: () => connections?.close(),
  };
}

/** The transport, whose connections can be closed for good; null: the platform's own. */
function ownedConnections(transport: Transport | null) {
  if (!transport) return null;
  const open = new Set<Closable>();
  let isCut = false;
  const dial = transport.connect.bind(transport);
  transport.connect = async (dc) => {
    if (isCut) throw new Error('the lease is over');
    const connection = await dial(dc);
    open.add(connection);
    if (isCut) connection.close();
    return connection;
  };
  return {
    transport,
    close() {
      isCut = true;
      for (const connection of open) connection.close();
      open.clear();
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
