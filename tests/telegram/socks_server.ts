import { connect, createServer, type Socket } from 'node:net';

/** A SOCKS proxy on loopback for tests. */
export interface SocksServer {
  readonly port: number;
  /** What it connected to, `host:port`. */
  readonly passed: string[];
  close(): Promise<void>;
}

/** The credentials it accepts; null: any. */
type Login = { readonly user: string; readonly password: string } | null;

/** Starts a proxy that speaks as much of SOCKS 4 and 5 (RFC 1928, RFC 1929) as clients need to connect to IPv4 addresses. */
export async function startSocksServer(login: Login): Promise<SocksServer> {
  const sockets = new Set<Socket>();
  const passed: string[] = [];
  const server = createServer((client) => {
    track(client, sockets);
    const open = (host: string, port: number, granted: Buffer): void => {
      passed.push(`${host}:${port}`);
      const target = track(connect(port, host), sockets);
      target.once('connect', () => {
        client.write(granted);
        client.pipe(target).pipe(client);
      });
      target.once('close', () => client.destroy());
      client.once('close', () => target.destroy());
    };
    client.once('data', (hello) => (hello[0] === 4 ? version4(hello, open) : version5(client, login, open)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    passed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

type Open = (host: string, port: number, granted: Buffer) => void;

function version4(request: Buffer, open: Open): void {
  open(request.subarray(4, 8).join('.'), request.readUInt16BE(2), Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]));
}

function version5(client: Socket, login: Login, open: Open): void {
  const request = (): void => {
    client.once('data', (asked) => {
      const granted = Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
      open(asked.subarray(4, 8).join('.'), asked.readUInt16BE(8), granted);
    });
  };
  if (login === null) {
    request();
    client.write(Buffer.from([5, 0]));
    return;
  }
  client.once('data', (given) => {
    const user = given.toString('utf8', 2, 2 + (given[1] ?? 0));
    const password = given.toString('utf8', 3 + (given[1] ?? 0));
    const isKnown = user === login.user && password === login.password;
    if (isKnown) request();
    client.write(Buffer.from([1, isKnown ? 0 : 1]));
  });
  client.write(Buffer.from([5, 2]));
}

function track(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => sockets.delete(socket));
  return socket;
}
