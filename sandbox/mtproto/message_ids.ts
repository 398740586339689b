/** What a message of the server is: the lowest bits of its id say so (mtproto/description, Message identifier). */
export type ServerMessage = 'response' | 'notification';

const OLDEST_S = 300;
const NEWEST_S = 30;

/** Makes the ids of a server's messages: its time in the upper half, growing, odd. */
export class MessageIds {
  #last = 0n;

  constructor(readonly time: () => number) {}

  next(kind: ServerMessage): bigint {
    const now = BigInt(Math.floor(this.time()));
    const id = ((now / 1000n) << 32n) | ((((now % 1000n) << 32n) / 1000n) & ~3n);
    this.#last = id > this.#last ? id : (this.#last & ~3n) + 4n;
    return this.#last | (kind === 'response' ? 1n : 3n);
  }
}

/**
 * The error code of `bad_msg_notification` that the id of a client's message deserves, or null
 * (mtproto/service_messages_about_messages): 18 not divisible by four, 16 too old, 17 from the future.
 */
export function badMessageId(messageId: bigint, now: number): number | null {
  if (messageId % 4n !== 0n) return 18;
  const seconds = Number(BigInt.asUintN(64, messageId) >> 32n);
  if (seconds < now / 1000 - OLDEST_S) return 16;
  if (seconds > now / 1000 + NEWEST_S) return 17;
  return null;
}
