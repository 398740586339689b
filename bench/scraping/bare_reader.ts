import { join } from 'node:path';
import { _serverKeys } from 'telegram/crypto/RSA.js';
import { PromisedNetSockets } from 'telegram/extensions/index.js';
import { Logger, LogLevel } from 'telegram/extensions/Logger.js';
import { returnBigInt } from 'telegram/Helpers.js';
import { TelegramClient } from 'telegram/index.js';
import { ConnectionTCPFull } from 'telegram/network/index.js';
import { StringSession } from 'telegram/sessions/index.js';
import { addressesIn } from './addresses.js';
import { APPLICATION } from './world.js';

/** The arguments of the program. */
export interface BareReaderOptions {
  readonly telegram: string;
  readonly session: string;
  readonly channel: string;
  /** The directory for files; null: they are not downloaded. */
  readonly directory: string | null;
  /** A SOCKS 5 proxy to connect through; absent: none. */
  readonly proxy?: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly pass: string;
  };
}

/** The result. */
export interface BareReading {
  readonly messages: number;
  readonly files: number;
  readonly seconds: number;
  /** The share of them spent on downloads. */
  readonly downloadSeconds: number;
}

/** Reads a channel as in GramJS's documentation: oldest message first, each file with its message. */
async function read(options: BareReaderOptions): Promise<BareReading> {
  const { channel, directory } = options;
  const client = clientOver(options);
  const started = performance.now();
  let [messages, files, downloading] = [0, 0, 0];
  await client.connect();
  for await (const message of client.iterMessages(channel, { reverse: true })) {
    messages += 1;
    if (directory === null || !message.media) continue;
    const begun = performance.now();
    await client.downloadMedia(message, { outputFile: join(directory, `${message.id}`) });
    downloading += performance.now() - begun;
    files += 1;
  }
  const seconds = (performance.now() - started) / 1000;
  await client.destroy();
  return { messages, files, seconds, downloadSeconds: downloading / 1000 };
}

function clientOver({ telegram, session, proxy }: BareReaderOptions): TelegramClient {
  const { port, rsaPublicKey } = addressesIn(telegram);
  const { apiId, apiHash } = APPLICATION;
  const { fingerprint, modulus, exponent } = rsaPublicKey;
  _serverKeys.set(fingerprint.toString(), { n: returnBigInt(modulus), e: exponent });
  class SandboxSocket extends PromisedNetSockets {
    override connect(_port: number, ip: string) {
      return super.connect(port, ip);
    }
  }
  return new TelegramClient(new StringSession(session), apiId, apiHash, {
    connection: ConnectionTCPFull,
    useWSS: false,
    networkSocket: SandboxSocket,
    baseLogger: new Logger(LogLevel.NONE),
    ...(proxy && {
      proxy: {
        ...{ ip: proxy.host, port: proxy.port, socksType: 5, timeout: 10 },
        ...{ username: proxy.user, password: proxy.pass },
      },
    }),
  });
}

const reading = await read(JSON.parse(process.argv[2] ?? ''));
process.stdout.write(`${JSON.stringify(reading)}\n`);
process.exit(0);
