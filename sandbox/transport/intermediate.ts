import { type Framing, FramingError, largestPacket } from './framing.js';

const HEAD = 4;
const WITHOUT_QUICK_ACK = 0x7fffffff;

/** The intermediate transport: a length in four bytes (mtproto-transports, Intermediate). */
export function intermediate(): Framing {
  return {
    decode(bytes) {
      if (bytes.length < HEAD) return null;
      const length = bytes.readUInt32LE() & WITHOUT_QUICK_ACK;
      if (length > largestPacket) throw new FramingError('the packet is too long');
      if (bytes.length < HEAD + length) return null;
      return { payload: bytes.subarray(HEAD, HEAD + length), size: HEAD + length };
    },
    encode(payload) {
      const head = Buffer.alloc(HEAD);
      head.writeUInt32LE(payload.length);
      return Buffer.concat([head, payload]);
    },
  };
}

/**
 * The padded intermediate transport: up to 15 bytes of noise after the payload. Encrypted messages are
 * 24 bytes and whole blocks of 16, plain ones say their own length, so the padding tells itself apart.
 */
export function paddedIntermediate(): Framing {
  const framing = intermediate();
  return {
    encode: framing.encode,
    decode(bytes) {
      const packet = framing.decode(bytes);
      if (packet === null) return null;
      const { payload } = packet;
      const isPlain = payload.length >= 20 && payload.readBigUInt64LE() === 0n;
      const length = isPlain
        ? 20 + payload.readUInt32LE(16)
        : 24 + 16 * Math.floor((payload.length - 24) / 16);
      return { payload: payload.subarray(0, length), size: packet.size };
    },
  };
}
