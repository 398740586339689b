import { type Cipher, createCipheriv } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { sha256 } from './crypto/primitives.js';

/** A proxy between clients and Telegram (core.telegram.org/mtproto/mtproto-transports, MTProxy). */
export interface MtProxy {
  readonly address: string;
  readonly port: number;
  /** Connections forwarded so far. */
  passed(): number;
  close(): Promise<void>;
}

/** Where a proxy listens, and where it forwards to. */
export interface MtProxyOptions {
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** 16 bytes that clients have to know. */
  readonly secret: Buffer;
  /** The data centres' addresses, number 1's first, and their port. */
  readonly addresses: readonly string[];
  readonly dataCentrePort: number;
}

const HEADER = 64;
/** The first bytes of the transport that the client's tag denotes. */
const transports: Readonly<Record<string, string>> = {
  efefefef: 'ef',
  eeeeeeee: 'eeeeeeee',
  dddddddd: 'dddddddd',
};

/** Starts a proxy. Rejects with the system's error if it can't listen. */
export async function startMtProxy(options: MtProxyOptions): Promise<MtProxy> {
  const sockets = new Set<Socket>();
  let passed = 0;
  const server = createServer((client) => {
    track(client, sockets);
    client.once('readable', () => {
      const target = passOn(client, options);
      if (target === null) client.destroy();
      else {
        passed += 1;
        track(target, sockets);
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.address, port: options.port }, resolve);
  });
  const listening = server.address();
  const port = typeof listening === 'object' && listening !== null ? listening.port : options.port;
  return {
    ...{ address: options.address, port, passed: () => passed },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Connects `client` to the data centre that its header names. Null: no header, or another secret's. */
function passOn(client: Socket, { secret, addresses, dataCentrePort }: MtProxyOptions): Socket | null {
  const header: unknown = client.read(HEADER);
  if (!Buffer.isBuffer(header) || header.length < HEADER) return null;
  const reversed = Buffer.from(header.subarray(8, 56)).reverse();
  const fromClient = keyStream(header.subarray(8, 40), header.subarray(40, 56), secret);
  const toClient = keyStream(reversed.subarray(0, 32), reversed.subarray(32), secret);
  const opened = fromClient.update(header);
  const tag = transports[opened.toString('hex', 56, 60)];
  // Negative numbers are data centres for media, and those of the test servers lie 10,000 higher.
  const address = addresses[(Math.abs(opened.readInt16LE(60)) % 10_000) - 1];
  if (tag === undefined || address === undefined) return null;
  const target = connect(dataCentrePort, address);
  target.write(Buffer.from(tag, 'hex'));
  client.pipe(fromClient).pipe(target);
  target.pipe(toClient).pipe(client);
  client.once('close', () => target.destroy());
  target.once('close', () => client.destroy());
  return target;
}

function keyStream(key: Buffer, iv: Buffer, secret: Buffer): Cipher {
  return createCipheriv('aes-256-ctr', sha256(key, secret), iv);
}

function track(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => sockets.delete(socket));
}
