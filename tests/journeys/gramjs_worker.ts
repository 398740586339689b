import { _serverKeys } from 'telegram/crypto/RSA.js';
import { PromisedNetSockets } from 'telegram/extensions/index.js';
import { Logger, LogLevel } from 'telegram/extensions/Logger.js';
import { returnBigInt } from 'telegram/Helpers.js';
import { Api, TelegramClient } from 'telegram/index.js';
import { ConnectionTCPFull } from 'telegram/network/index.js';
import { StringSession } from 'telegram/sessions/index.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { application } from '../sandbox/gramjs.js';

/** How long a worker waits for Telegram before it gives up, in milliseconds. */
const PATIENCE_MS = 1500;

/** What a worker did not finish in time. */
export class OutOfPatience extends Error {}

/** Connects with a GramJS session string and asks who it is; disconnected when this settles. */
export async function whoAmI(sandbox: Sandbox, session: string): Promise<Api.User> {
  const wires = new Wires(sandbox.port);
  const client = clientOf(sandbox, session, wires);
  try {
    return await within(PATIENCE_MS, askWho(client));
  } finally {
    await Promise.all([client.destroy(), wires.cut()]);
  }
}

async function askWho(client: TelegramClient): Promise<Api.User> {
  await client.connect();
  const [user] = await client.invoke(new Api.users.GetUsers({ id: [new Api.InputUserSelf()] }));
  if (user instanceof Api.User) return user;
  throw new Error('the answer is no user');
}

function clientOf(sandbox: Sandbox, session: string, wires: Wires): TelegramClient {
  const { modulus, exponent, fingerprint } = sandbox.rsaPublicKey;
  _serverKeys.set(fingerprint.toString(), { n: returnBigInt(modulus), e: exponent });
  const client = new TelegramClient(new StringSession(session), application.apiId, application.apiHash, {
    connection: ConnectionTCPFull,
    networkSocket: wires.socketClass(),
    useWSS: false,
    autoReconnect: false,
    connectionRetries: 1,
    reconnectRetries: 0,
    requestRetries: 1,
    floodSleepThreshold: 0,
    baseLogger: new Logger(LogLevel.NONE),
  });
  client.onError = async () => {};
  return client;
}

/** The sockets of one client, which may reconnect after it was destroyed: once cut, it cannot. */
class Wires {
  readonly #port: number;
  readonly #sockets: PromisedNetSockets[] = [];
  #isCut = false;

  constructor(port: number) {
    this.#port = port;
  }

  socketClass(): typeof PromisedNetSockets {
    const add = (socket: PromisedNetSockets): number => this.#add(socket);
    return class extends PromisedNetSockets {
      // GramJS connects to port 80, regardless of the session.
      override connect(_port: number, ip: string) {
        return super.connect(add(this), ip);
      }
    };
  }

  async cut(): Promise<void> {
    this.#isCut = true;
    await Promise.all(this.#sockets.map((socket) => socket.close()));
  }

  #add(socket: PromisedNetSockets): number {
    if (this.#isCut) throw new Error('this worker is done');
    this.#sockets.push(socket);
    return this.#port;
  }
}

async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new OutOfPatience()), milliseconds);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
