import { randomBytes } from 'node:crypto';
import type { ProxyAddress } from '../../kernel/proxy.js';
import { TelegramUnreachable } from '../errors.js';
import type { TelegramNetwork } from '../network.js';
import { pathTo } from './network_path.js';
import { TelegramSocket } from './socket.js';

/** The first bytes of a connection in the intermediate transport (core.telegram.org/mtproto/mtproto-transports). */
const INTERMEDIATE = Buffer.from('eeeeeeee', 'hex');

/** Constructors of the first exchange (core.telegram.org/mtproto/auth_key). */
const REQ_PQ_MULTI = 0xbe7e8ef1;
const RES_PQ = 0x05162463;

/** Key id, message id and length of an unencrypted message. */
const HEADER_BYTES = 20;
const NONCE_BYTES = 16;

/**
 * Exchanges a first message with Telegram's first data centre, through a proxy if one is given, and without an
 * account; returns the server's time in seconds. Null: an MTProxy, which is connected to and asked nothing.
 * @throws TelegramUnreachable, also if what answers is not Telegram.
 */
export async function greetTelegram(
  network: TelegramNetwork,
  proxy: ProxyAddress | null,
  giveUpSeconds: number,
): Promise<number | null> {
  const socket = new TelegramSocket(pathTo(network, { dcId: network.firstDc, test: false }, proxy));
  const giveUp = () => socket.destroy(new TelegramUnreachable(`no answer within ${giveUpSeconds} s`));
  const timer = setTimeout(giveUp, giveUpSeconds * 1000);
  try {
    await socket.dial(giveUpSeconds);
    return proxy?.type === 'mtproxy' ? null : await exchange(socket);
  } finally {
    clearTimeout(timer);
    socket.destroy(new TelegramUnreachable('hung up'));
  }
}

async function exchange(socket: TelegramSocket): Promise<number> {
  const nonce = randomBytes(NONCE_BYTES);
  const message = Buffer.alloc(4 + HEADER_BYTES + 4);
  message.writeUInt32LE(HEADER_BYTES + 4 + NONCE_BYTES, 0);
  // The message id: the time in seconds, times 2^32.
  message.writeUInt32LE(Math.floor(Date.now() / 1000), 4 + 12);
  message.writeUInt32LE(4 + NONCE_BYTES, 4 + 16);
  message.writeUInt32LE(REQ_PQ_MULTI, 4 + HEADER_BYTES);
  socket.write(Buffer.concat([INTERMEDIATE, message, nonce]));
  const length = (await socket.readExactly(4)).readUInt32LE();
  if (length < HEADER_BYTES + 4 + NONCE_BYTES || length > 1024) throw notTelegram();
  const answer = await socket.readExactly(length);
  const isAnswer = answer.readUInt32LE(HEADER_BYTES) === RES_PQ;
  if (!isAnswer || !answer.subarray(HEADER_BYTES + 4, HEADER_BYTES + 4 + NONCE_BYTES).equals(nonce))
    throw notTelegram();
  return answer.readUInt32LE(12);
}

function notTelegram(): TelegramUnreachable {
  return new TelegramUnreachable('what answers is not Telegram');
}
