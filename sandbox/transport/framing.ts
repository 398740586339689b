/** The bytes are not what the transport says. The connection is of no use any more. */
export class FramingError extends Error {
  override readonly name = 'FramingError';
}

/** How packets are told apart in a stream of bytes (core.telegram.org/mtproto/mtproto-transports). */
export interface Framing {
  /**
   * The first whole packet of `bytes`, and how many bytes it took; null where it is not whole yet.
   * Throws FramingError.
   */
  decode(bytes: Buffer): { readonly payload: Buffer; readonly size: number } | null;
  encode(payload: Buffer): Buffer;
}

/** More than the largest packet of a client: a part of an upload is 512 KiB. */
export const largestPacket = 2 ** 21;
