import type { Socket } from 'node:net';
import type { Caller, Dispatcher } from '../api/dispatch.js';
import type { ConnectionLog, ConnectionRecord } from '../connection_log.js';
import type { RsaKey } from '../crypto/rsa_key.js';
import type { KeyRecord, Keys } from '../state/keys.js';
import { TlReader } from '../tl/reader.js';
import { currentLayer, schemaOfLayer } from '../tl/schema.js';
import { encode, uint } from '../tl/writer.js';
import { decryptMessage } from './envelope.js';
import { KeyExchange } from './key_exchange.js';
import { MessageIds } from './outbox.js';
import { Session, type SessionHost } from './session.js';
import { PacketStream } from './transports.js';

/** How a data centre behaves: `half_dead` negotiates keys and answers nothing else. */
export type ServerMode = 'normal' | 'refuse' | 'silent' | 'half_dead';

/** What a connection needs from its data centre. */
export interface ConnectionHost {
  readonly dcId: number;
  readonly keys: Keys;
  readonly rsaKey: RsaKey;
  readonly log: ConnectionLog;
  readonly dispatcher: Dispatcher;
  readonly time: () => number;
  readonly randomBytes: (length: number) => Buffer;
  mode(): ServerMode;
}

const PLAIN_HEADER = 20;
/** The transport's error for an unknown auth key (mtproto/mtproto-transports, Transport errors). */
const UNKNOWN_KEY = -404;
const schema = schemaOfLayer(currentLayer);

/** One client's TCP connection. */
export class ClientConnection {
  readonly #stream = new PacketStream();
  readonly #exchange: KeyExchange;
  readonly #messageIds: MessageIds;
  readonly #sessions = new Map<string, Session>();
  readonly #records = new Map<string, ConnectionRecord>();
  readonly #first: ConnectionRecord;
  readonly #closed = new AbortController();
  #deadline: NodeJS.Timeout | null = null;

  constructor(
    readonly socket: Socket,
    readonly host: ConnectionHost,
  ) {
    this.#first = host.log.open({ dc: host.dcId, clientPort: socket.remotePort ?? null });
    this.#messageIds = new MessageIds(host.time);
    const register: KeyExchange['host']['register'] = (key) => host.keys.add(host.dcId, key);
    this.#exchange = new KeyExchange({ ...host, register });
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#read(chunk));
    // After any error, a socket is closed.
    socket.on('error', () => socket.destroy());
    // A client that disconnected may be back with the same key before the socket is closed here.
    socket.on('end', () => this.#close());
    socket.on('close', () => this.#close());
  }

  #close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.socket.destroy();
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    const { log } = this.host;
    for (const record of new Set([this.#first, ...this.#records.values()])) log.close(record);
  }

  #read(chunk: Buffer): void {
    if (this.host.mode() === 'silent') return;
    try {
      for (const packet of this.#stream.read(chunk)) this.#receive(packet);
    } catch {
      // Clients that violate the rules of framing, keys or TL are disconnected, as by Telegram.
      this.socket.destroy();
    }
  }

  #receive(packet: Buffer): void {
    if (packet.length < PLAIN_HEADER) throw new RangeError('the packet is too short');
    if (packet.readBigUInt64LE() === 0n) this.#answerPlain(packet);
    else if (this.host.mode() !== 'half_dead') this.#receiveEncrypted(packet);
  }

  #receiveEncrypted(packet: Buffer): void {
    const keyId = packet.toString('hex', 0, 8);
    const key = this.host.keys.find(this.host.dcId, keyId);
    if (key === null) {
      this.#write(uint(UNKNOWN_KEY >>> 0));
      return;
    }
    const message = decryptMessage(packet, key.authKey);
    if (message === null) throw new RangeError('the message is damaged');
    this.host.log.received(this.#recordOf(keyId));
    this.#session(key, message.sessionId).receive(message);
  }

  /** mtproto/description, Unencrypted message. */
  #answerPlain(packet: Buffer): void {
    const request = new TlReader(packet.subarray(PLAIN_HEADER), schema).object();
    const body = encode(this.#exchange.answer(request), schema);
    const header = Buffer.alloc(PLAIN_HEADER);
    header.writeBigInt64LE(this.#messageIds.next('response'), 8);
    header.writeUInt32LE(body.length, 16);
    this.#write(Buffer.concat([header, body]));
  }

  #write(packet: Buffer): void {
    if (this.socket.writable && this.host.mode() !== 'silent') this.socket.write(this.#stream.write(packet));
  }

  #session(key: KeyRecord, sessionId: bigint): Session {
    const name = `${key.keyId}:${sessionId}`;
    const known = this.#sessions.get(name);
    if (known !== undefined) return known;
    const session = new Session(sessionId, key.authKey, this.#sessionHost(key));
    this.#sessions.set(name, session);
    return session;
  }

  #sessionHost(key: KeyRecord): SessionHost {
    const { host } = this;
    const { keyId } = key;
    const { dcId } = host;
    const caller: Caller = {
      ...{ dcId, keyId, record: this.#recordOf(keyId), signal: this.#closed.signal },
      drop: () => this.socket.destroy(),
    };
    return {
      ...{ time: host.time, randomBytes: host.randomBytes, messageIds: this.#messageIds },
      layer: () => host.keys.find(dcId, keyId)?.layer ?? currentLayer,
      write: (packet) => this.#write(packet),
      invoke: (request, layer) => host.dispatcher.invoke(request, layer, caller),
      closeIn: (seconds) => this.#closeIn(seconds),
      forgetSession: (sessionId) => this.#sessions.delete(`${keyId}:${sessionId}`),
      forgetKey: () => host.keys.remove(key),
    };
  }

  #recordOf(keyId: string): ConnectionRecord {
    const known = this.#records.get(keyId);
    if (known !== undefined) return known;
    const record =
      this.#records.size === 0
        ? this.#first
        : this.host.log.open({ dc: this.host.dcId, clientPort: this.#first.clientPort, id: this.#first.id });
    record.keyId = keyId;
    this.#records.set(keyId, record);
    return record;
  }

  #closeIn(seconds: number): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.socket.destroy(), seconds * 1000).unref();
  }
}
