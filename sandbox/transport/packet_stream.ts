import { abridged } from './abridged.js';
import { type Framing, FramingError } from './framing.js';
import { full } from './full.js';
import { intermediate, paddedIntermediate } from './intermediate.js';

/** One connection's packets: learns the transport from the client's first bytes. */
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
