import { type Framing, FramingError, largestPacket } from './framing.js';

const LONG = 0x7f;

/** The abridged transport: a length in words, in one byte or four (mtproto-transports, Abridged). */
export function abridged(): Framing {
  return {
    decode(bytes) {
      const first = bytes[0];
      if (first === undefined) return null;
      // The highest bit asks for a quick acknowledgement, which servers need not give.
      const short = first & 0x7f;
      const head = short === LONG ? 4 : 1;
      if (bytes.length < head) return null;
      const length = 4 * (short === LONG ? bytes.readUIntLE(1, 3) : short);
      if (length > largestPacket) throw new FramingError('the packet is too long');
      if (bytes.length < head + length) return null;
      return { payload: bytes.subarray(head, head + length), size: head + length };
    },
    encode(payload) {
      const words = payload.length / 4;
      if (words < LONG) return Buffer.concat([Buffer.from([words]), payload]);
      const head = Buffer.from([LONG, 0, 0, 0]);
      head.writeUIntLE(words, 1, 3);
      return Buffer.concat([head, payload]);
    },
  };
}
