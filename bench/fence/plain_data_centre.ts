import { type AddressInfo, createServer } from 'node:net';

/**
 * A host that stands where a data centre would, for bytes that mean nothing. A connection that begins with a number and a
 * line break is sent so many bytes, and with `D` in front of the number ended after them; one that says anything else is
 * answered with a byte when it has ended. Prints its port.
 */
const CHUNK = Buffer.alloc(64 * 1024, 1);

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end('.'));
  socket.once('data', (first) => {
    const [, isLast, asked] = /^(D?)(\d+)\n$/.exec(first.toString('latin1', 0, 20)) ?? [];
    if (asked === undefined) return;
    let left = Number(asked);
    const send = () => {
      while (left > 0) {
        const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
        left -= chunk.length;
        if (!socket.write(chunk)) return void socket.once('drain', send);
      }
      if (isLast) socket.end();
    };
    send();
  });
  socket.resume();
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
