import { Api } from 'telegram/tl/index.js';
import { currentLayer, schemaOfLayer } from '../tl/schema.js';
import { long, type TlObject } from '../tl/values.js';
import { encode } from '../tl/writer.js';
import { type AuthKey, saltAt } from './auth_key.js';
import { type InnerMessage, pack } from './container.js';
import { encryptMessage } from './envelope.js';

/** What an outbox needs from its connection. */
export interface OutboxHost {
  readonly time: () => number;
  readonly randomBytes: (length: number) => Buffer;
  readonly messageIds: MessageIds;
  /** Sends one packet; does nothing on a closed connection. */
  write(packet: Buffer): void;
}

/** Clients reject containers of much more than a megabyte. */
const MAX_CONTAINER = 1_000_000;
const MAX_MESSAGES = 100;
const schema = schemaOfLayer(currentLayer);

/** The server's messages of one session. Messages of one turn of the event loop are sent together. */
export class Outbox {
  readonly #queue: InnerMessage[] = [];
  readonly #acknowledgements: bigint[] = [];
  #contentRelated = 0;
  #scheduled = false;

  constructor(
    readonly sessionId: bigint,
    readonly authKey: AuthKey,
    readonly host: OutboxHost,
  ) {}

  /** `contentRelated`: the client has to acknowledge it (mtproto/description, Content-related message). */
  send(body: Buffer, contentRelated: boolean, kind: ServerMessage): void {
    const sequence = 2 * this.#contentRelated + (contentRelated ? 1 : 0);
    if (contentRelated) this.#contentRelated += 1;
    this.#queue.push({ messageId: this.host.messageIds.next(kind), sequence, body });
    this.#schedule();
  }

  /** Sends a service message, which needs no acknowledgement. */
  service(message: TlObject, kind: ServerMessage = 'notification'): void {
    this.send(encode(message, schema), false, kind);
  }

  /** Tells the client, with the next packet, that its message arrived. */
  acknowledge(messageId: bigint): void {
    this.#acknowledgements.push(messageId);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#acknowledgements.length > 0) {
      const msgIds = this.#acknowledgements.splice(0).map((id) => long(id));
      this.service(new Api.MsgsAck({ msgIds }));
    }
    while (this.#queue.length > 0) this.#write(this.#takeBatch());
  }

  #takeBatch(): InnerMessage[] {
    let size = 0;
    const tooMuch = this.#queue.findIndex(({ body }, at) => {
      size += body.length + 16;
      return at > 0 && (size > MAX_CONTAINER || at >= MAX_MESSAGES);
    });
    return this.#queue.splice(0, tooMuch === -1 ? this.#queue.length : tooMuch);
  }

  #write(batch: readonly InnerMessage[]): void {
    const [first] = batch;
    if (first === undefined) return;
    const container: InnerMessage = {
      messageId: this.host.messageIds.next('notification'),
      sequence: 2 * this.#contentRelated,
      body: pack(batch),
    };
    const message = batch.length === 1 ? first : container;
    const salt = saltAt(this.authKey, this.host.time());
    this.host.write(
      encryptMessage({ salt, sessionId: this.sessionId, ...message }, this.authKey, this.host.randomBytes),
    );
  }
}

/** The kind of a server message, encoded in the lowest bits of its id (mtproto/description, Message identifier). */
export type ServerMessage = 'response' | 'notification';

const OLDEST_S = 300;
const NEWEST_S = 30;

/** Generates the ids of a server's messages: its time in the upper half, increasing, odd. */
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
