import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _serverKeys } from 'telegram/crypto/RSA.js';
import { PromisedNetSockets } from 'telegram/extensions/index.js';
import { Logger, LogLevel } from 'telegram/extensions/Logger.js';
import { returnBigInt } from 'telegram/Helpers.js';
import { Api, TelegramClient } from 'telegram/index.js';
import { ConnectionTCPFull } from 'telegram/network/index.js';
import { StringSession } from 'telegram/sessions/index.js';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { sandboxSeed } from '../../sandbox/seed.js';
import type { Seed } from '../../sandbox/world/seed.js';
import { sharedRsaPem } from './sandbox_in.js';

/** An api_id and api_hash as good as any. */
export const application = { apiId: 12345, apiHash: '0123456789abcdef0123456789abcdef' };

/** A sandbox in its own directory, with a clock that can be set forward. */
export interface TestSandbox {
  readonly directory: string;
  sandbox: Sandbox;
  /** Milliseconds ahead of the machine's clock. */
  ahead: number;
  /** Closes it and restarts it over the same directory, on the same port. */
  restart(): Promise<void>;
  /** A GramJS client, not connected yet, destroyed at the end. */
  client(options?: ClientOptions): TelegramClient;
  /** A client logged in as `phone`, and its session string. */
  logIn(phone: string): Promise<{ client: TelegramClient; session: string }>;
  close(): Promise<void>;
}

interface ClientOptions {
  readonly dc?: number;
  readonly session?: string;
  readonly proxy?: MtProxyClient;
}

/** GramJS's settings for an MTProxy. */
interface MtProxyClient {
  readonly ip: string;
  readonly port: number;
  readonly secret: string;
  readonly MTProxy: true;
}

/** Starts a sandbox for one test file; GramJS may trust the key that `makeRsaPem` makes since an earlier one. */
export async function testSandbox(
  seed: Seed = sandboxSeed,
  makeRsaPem: () => string = sharedRsaPem,
): Promise<TestSandbox> {
  const directory = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const clients: TelegramClient[] = [];
  const start = (port: number): Promise<Sandbox> =>
    startSandbox({
      ...{ directory, seed, port, time: () => Date.now() + test.ahead },
      ...{ randomBytes, makeRsaPem },
    });
  const test: TestSandbox = {
    directory,
    ahead: 0,
    sandbox: undefined as never,
    async restart() {
      const { port } = test.sandbox;
      await test.sandbox.close();
      test.sandbox = await start(port);
    },
    client(options = {}) {
      const client = gramjs(test.sandbox, options);
      clients.push(client);
      return client;
    },
    async logIn(phone) {
      const account = test.sandbox.world.account(phone);
      const client = test.client({ dc: account?.dcId ?? 1 });
      await client.connect();
      const { phoneCodeHash } = await sendCode(client, phone);
      await signIn(client, phone, phoneCodeHash, account?.code ?? '');
      return { client, session: String(client.session.save()) };
    },
    async close() {
      await Promise.all(clients.map(destroy));
      await test.sandbox.close();
      await rm(directory, { recursive: true });
    },
  };
  test.sandbox = await start(0);
  return test;
}

/** A GramJS client with the settings that held, routed by address to the sandbox's port. */
function gramjs(sandbox: Sandbox, { dc = 1, session = '', proxy }: ClientOptions): TelegramClient {
  const { modulus, exponent, fingerprint } = sandbox.rsaPublicKey;
  _serverKeys.set(fingerprint.toString(), { n: returnBigInt(modulus), e: exponent });
  class SandboxSocket extends PromisedNetSockets {
    override connect(port: number, ip: string) {
      return super.connect(proxy === undefined ? sandbox.port : port, ip);
    }
  }
  const stored = new StringSession(session);
  if (session === '') stored.setDC(dc, sandbox.addresses[dc - 1] ?? '', 80);
  const client = new TelegramClient(stored, application.apiId, application.apiHash, {
    connection: ConnectionTCPFull,
    useWSS: false,
    connectionRetries: 2,
    reconnectRetries: 1,
    retryDelay: 500,
    requestRetries: 3,
    floodSleepThreshold: 0,
    maxConcurrentDownloads: 1,
    networkSocket: SandboxSocket,
    ...(proxy === undefined ? {} : { proxy }),
    baseLogger: new Logger(LogLevel.NONE),
  });
  client.onError = async () => {};
  return client;
}

/** GramJS keeps the connections of downloads, and a timer for each, for half a minute after `destroy()`. */
async function destroy(client: TelegramClient): Promise<void> {
  await client.destroy();
  const timers: unknown = Reflect.get(client, '_exportedSenderReleaseTimeouts');
  if (timers instanceof Map) for (const timer of timers.values()) clearTimeout(timer);
}

/** `auth.sendCode`, as it is answered. */
export async function sendCode(client: TelegramClient, phone: string): Promise<Api.auth.SentCode> {
  const { apiId, apiHash } = application;
  const settings = new Api.CodeSettings({});
  const sent = await client.invoke(new Api.auth.SendCode({ phoneNumber: phone, apiId, apiHash, settings }));
  if (!(sent instanceof Api.auth.SentCode)) throw new Error(`not a sent code: ${sent.className}`);
  return sent;
}

/** `auth.signIn`. */
export function signIn(
  client: TelegramClient,
  phoneNumber: string,
  phoneCodeHash: string,
  phoneCode: string,
) {
  return client.invoke(new Api.auth.SignIn({ phoneNumber, phoneCodeHash, phoneCode }));
}
