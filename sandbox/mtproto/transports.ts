import { crc32 } from 'node:zlib';

/** One connection's packets; detects the transport from the client's first bytes. */
export class PacketStream {
  #pending: Buffer = Buffer.alloc(0);
  #framing: Framing | null = null;

  /** The packets that `chunk` completes. Throws FramingError. */
  read(chunk: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    this.#framing ??= this.#recognise();
    const packets: Buffer[] = [];
    for (;;) {
      const packet = this.#framing?.decode(this.#pending) ?? null;
      if (packet === null) return packets;
      packets.push(packet.payload);
      this.#pending = this.#pending.subarray(packet.size);
    }
  }

  /** `payload` as a packet of the transport that the client chose. */
  write(payload: Buffer): Buffer {
    if (this.#framing === null) throw new FramingError('the client has not spoken yet');
    return this.#framing.encode(payload);
  }

  #recognise(): Framing | null {
    const first = this.#pending[0];
    if (first === 0xef) return this.#after(1, abridged());
    if (this.#pending.length < 4) return null;
    const tag = this.#pending.readUInt32LE();
    if (tag === 0xeeeeeeee) return this.#after(4, intermediate());
    if (tag === 0xdddddddd) return this.#after(4, paddedIntermediate());
    return full();
  }

  #after(tagLength: number, framing: Framing): Framing {
    this.#pending = this.#pending.subarray(tagLength);
    return framing;
  }
}

/** The bytes violate the transport's format. The connection is no longer usable. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** How packets are framed in a stream of bytes (core.telegram.org/mtproto/mtproto-transports). */
export interface Framing {
  /**
   * The first whole packet of `bytes`, and how many bytes it took; null where it is not whole yet.
   * Throws FramingError.
   */
  decode(bytes: Buffer): { readonly payload: Buffer; readonly size: number } | null;
  encode(payload: Buffer): Buffer;
}

/** More than the largest packet of a client: a part of an upload is 512 KiB. */
const MAX_PACKET = 2 ** 21;

const ABRIDGED_LONG = 0x7f;

/** The abridged transport: a length in words, in one byte or four (mtproto-transports, Abridged). */
export function abridged(): Framing {
  return {
    decode(bytes) {
      const first = bytes[0];
      if (first === undefined) return null;
      // The highest bit asks for a quick acknowledgement, which servers need not give.
      const short = first & 0x7f;
      const head = short === ABRIDGED_LONG ? 4 : 1;
      if (bytes.length < head) return null;
      const length = 4 * (short === ABRIDGED_LONG ? bytes.readUIntLE(1, 3) : short);
      if (length > MAX_PACKET) throw new FramingError('the packet is too long');
      if (bytes.length < head + length) return null;
      return { payload: bytes.subarray(head, head + length), size: head + length };
    },
    encode(payload) {
      const words = payload.length / 4;
      if (words < ABRIDGED_LONG) return Buffer.concat([Buffer.from([words]), payload]);
      const head = Buffer.from([ABRIDGED_LONG, 0, 0, 0]);
      head.writeUIntLE(words, 1, 3);
      return Buffer.concat([head, payload]);
    },
  };
}

const INTERMEDIATE_HEAD = 4;
const WITHOUT_QUICK_ACK = 0x7fffffff;

/** The intermediate transport: a length in four bytes (mtproto-transports, Intermediate). */
export function intermediate(): Framing {
  return {
    decode(bytes) {
      if (bytes.length < INTERMEDIATE_HEAD) return null;
      const length = bytes.readUInt32LE() & WITHOUT_QUICK_ACK;
      if (length > MAX_PACKET) throw new FramingError('the packet is too long');
      if (bytes.length < INTERMEDIATE_HEAD + length) return null;
      return {
        payload: bytes.subarray(INTERMEDIATE_HEAD, INTERMEDIATE_HEAD + length),
        size: INTERMEDIATE_HEAD + length,
      };
    },
    encode(payload) {
      const head = Buffer.alloc(INTERMEDIATE_HEAD);
      head.writeUInt32LE(payload.length);
      return Buffer.concat([head, payload]);
    },
  };
}

/**
 * The padded intermediate transport: up to 15 bytes of noise after the payload. Encrypted messages are
 * 24 bytes and whole blocks of 16, plain ones say their own length, so the padding tells itself apart.
 */
function paddedIntermediate(): Framing {
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

const FULL_HEAD = 8;
const CHECKSUM = 4;

/** The full transport: length, a running number, and a CRC32 at the end (mtproto-transports, Full). */
export function full(): Framing {
  let received = 0;
  let sent = 0;
  return {
    decode(bytes) {
      if (bytes.length < FULL_HEAD) return null;
      const size = bytes.readUInt32LE();
      if (size < FULL_HEAD + CHECKSUM || size > MAX_PACKET)
        throw new FramingError('no packet of this length');
      if (bytes.length < size) return null;
      const end = size - CHECKSUM;
      if (bytes.readUInt32LE(end) !== crc32(bytes.subarray(0, end))) throw new FramingError('wrong checksum');
      if (bytes.readUInt32LE(4) !== received) throw new FramingError('wrong sequence number');
      received += 1;
      return { payload: bytes.subarray(FULL_HEAD, end), size };
    },
    encode(payload) {
      const packet = Buffer.alloc(FULL_HEAD + payload.length + CHECKSUM);
      packet.writeUInt32LE(packet.length);
      packet.writeUInt32LE(sent, 4);
      payload.copy(packet, FULL_HEAD);
      packet.writeUInt32LE(crc32(packet.subarray(0, FULL_HEAD + payload.length)), FULL_HEAD + payload.length);
      sent += 1;
      return packet;
    },
  };
}
