import { connect, type Socket } from 'node:net';
import { SocksClient } from 'socks';

/** What a flow is told: where to, how many bytes, and the proxy, if any. */
export interface FlowOrder {
  readonly direction: 'up' | 'down';
  readonly bytes: number;
  readonly host: string;
  readonly port: number;
  readonly proxy: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly pass: string;
  } | null;
}

/** Sends or receives so many bytes over one connection, and prints the milliseconds that it took. */
const CHUNK = Buffer.alloc(64 * 1024, 1);
const { direction, bytes, host, port, proxy } = JSON.parse(process.argv[2] ?? '') as FlowOrder;

async function open(): Promise<Socket> {
  if (proxy === null) {
    const socket = connect({ host, port, noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return socket;
  }
  const { socket } = await SocksClient.createConnection({
    command: 'connect',
    destination: { host, port },
    proxy: { host: proxy.host, port: proxy.port, type: 5, userId: proxy.user, password: proxy.pass },
  });
  return socket;
}

async function flow(socket: Socket): Promise<number> {
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  const ended = new Promise<void>((resolve, reject) => {
    socket.once('end', resolve).once('error', reject);
  });
  if (direction === 'down') socket.write(`D${bytes}\n`);
  else {
    let left = bytes;
    const send = () => {
      while (left > 0) {
        const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
        left -= chunk.length;
        if (!socket.write(chunk)) return void socket.once('drain', send);
      }
      socket.end();
    };
    send();
  }
  await ended;
  return received;
}

const socket = await open();
const from = performance.now();
const received = await flow(socket);
const wanted = direction === 'down' ? bytes : 1;
if (received !== wanted) throw new Error(`${received} bytes came back, not ${wanted}`);
process.stdout.write(`${performance.now() - from}\n`);
process.exit(0);
