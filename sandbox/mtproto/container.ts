import { gunzip, TlReadError, TlReader } from '../tl/reader.js';
import { type Schema, schemaOfLayer } from '../tl/schema.js';
import type { TlObject } from '../tl/values.js';
import { uint } from '../tl/writer.js';

/** One message, out of a container or alone. */
export interface InnerMessage {
  readonly messageId: bigint;
  readonly sequence: number;
  readonly body: Buffer;
}

const CONTAINER = 0x73f1f8dc;
const GZIP_PACKED = 0x3072cfa1;
const INVOKE_WITH_LAYER = 0xda9b0d0d;
const MAX_MESSAGES = 1024;

/** The messages in `message` (mtproto/service_messages, Containers). Throws TlReadError. */
export function unpack(message: InnerMessage, schema: Schema): InnerMessage[] {
  const reader = new TlReader(message.body, schema);
  if (reader.uint() !== CONTAINER) return [message];
  const count = reader.uint();
  if (count > MAX_MESSAGES) throw new TlReadError('too many messages in one container');
  return Array.from({ length: count }, () => {
    const messageId = reader.long();
    const sequence = reader.int();
    return { messageId, sequence, body: reader.take(reader.uint()) };
  });
}

/** A container's body. Servers put no more than these messages into one. */
export function pack(messages: readonly InnerMessage[]): Buffer {
  const parts = messages.flatMap(({ messageId, sequence, body }) => {
    const head = Buffer.alloc(16);
    head.writeBigInt64LE(messageId, 0);
    head.writeInt32LE(sequence, 8);
    head.writeUInt32LE(body.length, 12);
    return [head, body];
  });
  return Buffer.concat([uint(CONTAINER), uint(messages.length), ...parts]);
}

/**
 * The object in `body`, read in the layer that its own `invokeWithLayer` names, else in `layer`. Throws TlReadError.
 */
export function readRequest(
  body: Buffer,
  layer: number,
): { readonly object: TlObject; readonly layer: number } {
  const plain = unzipped(body);
  const named =
    plain.length >= 8 && plain.readUInt32LE() === INVOKE_WITH_LAYER ? plain.readUInt32LE(4) : layer;
  return { object: new TlReader(plain, schemaOfLayer(named)).object(), layer: named };
}

function unzipped(body: Buffer): Buffer {
  if (body.length < 4 || body.readUInt32LE() !== GZIP_PACKED) return body;
  const reader = new TlReader(body, schemaOfLayer(0));
  reader.take(4);
  return gunzip(reader.bytes());
}
