import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { discard } from '../../../clients/typescript/src/socket_guard.js';

/** More than the system's buffers hold. */
const MUCH = Buffer.alloc(8 * 2 ** 20);

/** How many of the bytes arrive at one who reads nothing until `end` has been called. */
async function arriving(bytes: Buffer, end: (socket: Socket) => void): Promise<number> {
  const server = createServer({ pauseOnConnect: true });
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  await new Promise<void>((resolve) => client.once('connect', resolve));
  const other = await accepted;
  client.write(bytes);
  end(client);
  let count = 0;
  other.on('data', (chunk) => {
    count += chunk.length;
  });
  other.on('error', () => {});
  other.resume();
  await new Promise<void>((resolve) => other.once('close', () => resolve()));
  await new Promise((resolve) => server.close(resolve));
  return count;
}

describe('discard', () => {
  it('drops what the system has not sent yet, and would go on sending after a plain end', async () => {
    const [dropped, sent] = [
      await arriving(MUCH, (socket) => {
        discard(socket);
        expect(socket.destroyed).toBe(true);
      }),
      await arriving(MUCH, (socket) => void socket.destroy()),
    ];
    expect(dropped).toBeLessThan(sent / 2);
  });

  it('leaves a socket that has been ended to its owner', async () => {
    const count = await arriving(Buffer.from('all'), (socket) => {
      socket.end();
      discard(socket);
      expect(socket.destroyed).toBe(false);
    });
    expect(count).toBe(3);
  });

  it.each([undefined, null, {}, { close() {} }])(
    'does nothing to what is no socket of Node: %p',
    (socket) => {
      expect(() => discard(socket)).not.toThrow();
    },
  );
});
