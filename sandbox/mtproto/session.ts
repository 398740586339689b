import { gzipSync } from 'node:zlib';
import { Api } from 'telegram/tl/index.js';
import { TlReadError } from '../tl/reader.js';
import { currentLayer, schemaOfLayer } from '../tl/schema.js';
import { long, type TlObject, type TlResult } from '../tl/values.js';
import { encode, encodeBytes, uint } from '../tl/writer.js';
import { type AuthKey, isSaltValid, saltAt } from './auth_key.js';
import { type InnerMessage, readRequest, unpack } from './container.js';
import type { Message } from './envelope.js';
import { badMessageId, Outbox, type OutboxHost } from './outbox.js';
import { answerService } from './service_messages.js';

/** The outcome of a method call. */
export type Outcome =
  | { readonly kind: 'result'; readonly value: TlResult; readonly layer: number; readonly compress: boolean }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** The client gets no answer. */
  | { readonly kind: 'silence' };

/** What a session needs from its connection. */
export interface SessionHost extends OutboxHost {
  /** The layer that the client last spoke. */
  layer(): number;
  invoke(request: TlObject, layer: number): Promise<Outcome>;
  /** Closes the connection after this many seconds, unless called again. */
  closeIn(seconds: number): void;
  forgetSession(sessionId: bigint): boolean;
  forgetKey(): void;
}

const RPC_RESULT = 0xf35c6d01;
const GZIP_PACKED = 0x3072cfa1;
const WORTH_COMPRESSING = 512;
const REMEMBERED_IDS = 1000;
const schema = schemaOfLayer(currentLayer);

/** One session of a client on one connection (mtproto/description, Session). */
export class Session {
  readonly #outbox: Outbox;
  readonly #received = new Set<bigint>();
  #greeted = false;

  constructor(
    readonly id: bigint,
    readonly authKey: AuthKey,
    readonly host: SessionHost,
  ) {
    this.#outbox = new Outbox(id, authKey, host);
  }

  /** Handles a message. Throws TlReadError if it is not TL. */
  receive(message: Message): void {
    const now = this.host.time();
    const errorCode = badMessageId(message.messageId, now);
    if (!isSaltValid(this.authKey, message.salt, now)) this.#rejectSalt(message, now);
    else if (errorCode !== null) this.#reject(message, errorCode);
    else this.#accept(message, now);
  }

  #accept(message: Message, now: number): void {
    if (!this.#greeted) this.#greet(message, now);
    for (const inner of unpack(message, schema)) this.#take(inner);
  }

  #rejectSalt({ messageId, sequence }: Message, now: number): void {
    const rejected = { badMsgId: long(messageId), badMsgSeqno: sequence, errorCode: 48 };
    const newServerSalt = long(saltAt(this.authKey, now));
    this.#outbox.service(new Api.BadServerSalt({ ...rejected, newServerSalt }));
  }

  #reject({ messageId, sequence }: Message, errorCode: number): void {
    const rejected = { badMsgId: long(messageId), badMsgSeqno: sequence, errorCode };
    this.#outbox.service(new Api.BadMsgNotification(rejected));
  }

  /** Sessions are not kept across connections: clients are told that this one is new. */
  #greet({ messageId }: Message, now: number): void {
    this.#greeted = true;
    const created = new Api.NewSessionCreated({
      firstMsgId: long(messageId),
      uniqueId: long(this.host.randomBytes(8).readBigInt64LE()),
      serverSalt: long(saltAt(this.authKey, now)),
    });
    this.#outbox.send(encode(created, schema), true, 'notification');
  }

  #take(message: InnerMessage): void {
    if (message.sequence % 2 === 1) this.#outbox.acknowledge(message.messageId);
    // A message that arrives twice was resent: its answer is on the way.
    if (this.#received.has(message.messageId)) return;
    this.#received.add(message.messageId);
    for (const oldest of this.#received) {
      if (this.#received.size <= REMEMBERED_IDS) break;
      this.#received.delete(oldest);
    }
    this.#dispatch(message);
  }

  #dispatch({ messageId, body }: InnerMessage): void {
    try {
      const { object, layer } = readRequest(body, this.host.layer());
      const context = { messageId, outbox: this.#outbox, session: this, received: this.#received };
      if (answerService(object, context)) return;
      this.host
        .invoke(object, layer)
        .then((outcome) => this.#answer(messageId, outcome))
        // A bug of the sandbox must not end the session.
        .catch((error: unknown) => this.#answer(messageId, internalError(error)));
    } catch (error) {
      if (!(error instanceof TlReadError) || error.constructorId === null) throw error;
      const message = `INPUT_METHOD_INVALID_${error.constructorId}`;
      this.#answer(messageId, { kind: 'error', code: 400, message });
    }
  }

  #answer(messageId: bigint, outcome: Outcome): void {
    if (outcome.kind === 'silence') return;
    const body =
      outcome.kind === 'error'
        ? encode(new Api.RpcError({ errorCode: outcome.code, errorMessage: outcome.message }), schema)
        : compressed(encode(outcome.value, schemaOfLayer(outcome.layer)), outcome.compress);
    this.result(messageId, body);
  }

  /** Sends `body`, TL already, as the result of the message `messageId`. */
  result(messageId: bigint, body: Buffer): void {
    const id = Buffer.alloc(8);
    id.writeBigInt64LE(messageId);
    this.#outbox.send(Buffer.concat([uint(RPC_RESULT), id, body]), true, 'response');
  }
}

function internalError(error: unknown): Outcome {
  return { kind: 'error', code: 500, message: `INTERNAL: ${String(error)}` };
}

function compressed(body: Buffer, worthIt: boolean): Buffer {
  if (!worthIt || body.length < WORTH_COMPRESSING) return body;
  const packed = Buffer.concat([uint(GZIP_PACKED), encodeBytes(gzipSync(body, { level: 1 }))]);
  return packed.length < body.length ? packed : body;
}
