import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api } from 'telegram/index.js';
import { abridged, type Framing, full, intermediate } from '../../sandbox/mtproto/transports.js';
import { currentLayer, schemaOfLayer } from '../../sandbox/tl/schema.js';
import { long } from '../../sandbox/tl/values.js';
import { encode } from '../../sandbox/tl/writer.js';
import { type TestSandbox, testSandbox } from './gramjs.js';

let telegram: TestSandbox;
beforeAll(async () => {
  telegram = await testSandbox();
});
afterAll(() => telegram.close());

/** What the data centre answers to `payload`; null: it hung up. */
async function ask(tag: string, framing: Framing, payload: Buffer): Promise<Buffer | null> {
  const socket = connect(telegram.sandbox.port, '127.0.0.2');
  socket.write(Buffer.concat([Buffer.from(tag, 'hex'), framing.encode(payload)]));
  try {
    let received: Buffer = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk]);
      const packet = framing.decode(received);
      if (packet !== null) return packet.payload;
    }
    return null;
  } finally {
    socket.destroy();
    if (!socket.closed) await once(socket, 'close');
  }
}

const transports: readonly (readonly [string, string, () => Framing])[] = [
  ['full', '', full],
  ['abridged', 'ef', abridged],
  ['intermediate', 'eeeeeeee', intermediate],
  ['padded intermediate', 'dddddddd', intermediate],
];

test.each(transports)('speaks the %s transport', async (_name, tag, framing) => {
  const request = encode(new Api.ReqPqMulti({ nonce: long(-5n) }), schemaOfLayer(currentLayer));
  const header = Buffer.alloc(20);
  header.writeBigInt64LE(BigInt(Math.floor(Date.now() / 1000)) << 32n, 8);
  header.writeUInt32LE(request.length, 16);
  const answer = await ask(tag, framing(), Buffer.concat([header, request]));
  expect(answer?.readUInt32LE(20)).toBe(0x05162463);
  expect(answer?.subarray(24, 40).toString('hex')).toBe(`fb${'ff'.repeat(15)}`);
});

test.each(transports)(
  'answers an unknown key with -404 over the %s transport',
  async (_name, tag, framing) => {
    const answer = await ask(tag, framing(), Buffer.alloc(24 + 64, 7));
    expect(answer?.toString('hex')).toBe('6cfeffff');
  },
);

test('disconnects on invalid packets', async () => {
  expect(await ask('', full(), Buffer.alloc(3))).toBeNull();
  expect(await ask('474554202f20485454502f312e310d0a0d0a', full(), Buffer.alloc(8))).toBeNull();
});
