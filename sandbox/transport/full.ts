import { crc32 } from 'node:zlib';
import { type Framing, FramingError, largestPacket } from './framing.js';

const HEAD = 8;
const CHECKSUM = 4;

/** The full transport: length, a running number, and a CRC32 at the end (mtproto-transports, Full). */
export function full(): Framing {
  let received = 0;
  let sent = 0;
  return {
    decode(bytes) {
      if (bytes.length < HEAD) return null;
      const size = bytes.readUInt32LE();
      if (size < HEAD + CHECKSUM || size > largestPacket) throw new FramingError('no packet of this length');
      if (bytes.length < size) return null;
      const end = size - CHECKSUM;
      if (bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end))) throw new FramingError('wrong checksum');
      if (bytes.readUInt32LE(4) !== received) throw new FramingError('wrong sequence number');
      received += 1;
      return { payload: bytes.subarray(HEAD, end), size };
    },
    encode(payload) {
      const packet = Buffer.alloc(HEAD + payload.length + CHECKSUM);
      packet.writeUInt32LE(packet.length);
      packet.writeUInt32LE(sent, 4);
      payload.copy(packet, HEAD);
      packet.writeUInt32LE(crc32(packet.subarray(0, HEAD + payload.length)), HEAD + payload.length);
      sent += 1;
      return packet;
    },
  };
}
