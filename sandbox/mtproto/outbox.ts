import { Api } from 'telegram/tl/index.js';
import { currentLayer, schemaOfLayer } from '../tl/schema.js';
import { long, type TlObject } from '../tl/values.js';
import { encode } from '../tl/writer.js';
import type { AuthKey } from './auth_key.js';
import { type InnerMessage, pack } from './container.js';
import { seal } from './envelope.js';
import type { MessageIds, ServerMessage } from './message_ids.js';
import { saltAt } from './salts.js';

/** What an outbox needs of its connection. */
export interface OutboxHost {
  readonly time: () => number;
  readonly randomBytes: (length: number) => Buffer;
  readonly messageIds: MessageIds;
  /** Sends one packet; does nothing on a closed connection. */
  write(packet: Buffer): void;
}

/** Clients refuse containers of much over a megabyte. */
const LARGEST_CONTAINER = 1_000_000;
const MOST_MESSAGES = 100;
const schema = schemaOfLayer(currentLayer);

/** What the server has to say in one session. Everything said in one turn of the event loop travels together. */
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
      return at > 0 && (size > LARGEST_CONTAINER || at >= MOST_MESSAGES);
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
      seal({ salt, sessionId: this.sessionId, ...message }, this.authKey, this.host.randomBytes),
    );
  }
}
