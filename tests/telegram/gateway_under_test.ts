import { sandboxNetwork } from '../../sandbox/network.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import type { Seed } from '../../sandbox/world/seed.js';
import { nodeTimers, type Timers } from '../../src/kernel/timers.js';
import type {
  AccountAccess,
  Channel,
  ConnectedAccount,
  DcKey,
  GatewayParts,
  LoginStart,
  TelegramGateway,
} from '../../src/telegram/gateway.js';
import { createGramjsGateway } from '../../src/telegram/gramjs/gateway.js';
import type { TelegramNetwork } from '../../src/telegram/network.js';
import { application, type TestSandbox, testSandbox } from '../sandbox/gramjs.js';
import type { ManualTime } from '../service/manual_time.js';

/** The gateway, and the Telegram it connects to. */
export interface GatewayUnderTest {
  readonly telegram: TestSandbox;
  readonly gateway: TelegramGateway;
  readonly network: TelegramNetwork;
  /** Another gateway to the same sandbox, closed at the end. */
  another(parts?: Partial<GatewayParts>): TelegramGateway;
  /** Logs in, once for each number, and returns the account's credentials. */
  accessOf(phone: string): Promise<AccountAccess>;
  /** Connections that the sandbox still has open. */
  openConnections(): number;
  close(): Promise<void>;
}

/** Starts both for one test file. */
export async function gatewayUnderTest(seed?: Seed): Promise<GatewayUnderTest> {
  const telegram = await testSandbox(seed);
  const network = networkOf(telegram.sandbox);
  const gateways: TelegramGateway[] = [];
  const keys = new Map<string, DcKey>();
  const another = (parts: Partial<GatewayParts> = {}): TelegramGateway => {
    const made = createGramjsGateway({ network, timers: nodeTimers, ...parts });
    gateways.push(made);
    return made;
  };
  const gateway = another();
  return {
    ...{ telegram, gateway, network, another },
    async accessOf(phone) {
      const key = keys.get(phone) ?? (await logIn(gateway, telegram.sandbox, phone));
      keys.set(phone, key);
      return accessBy(key);
    },
    openConnections: () =>
      telegram.sandbox.connections.list().filter((record) => record.closedAt === null).length,
    async close() {
      await Promise.all(gateways.map((made) => made.close()));
      await telegram.close();
    },
  };
}

/** The sandbox's address, as the service's settings for Telegram. */
export function networkOf(sandbox: Sandbox): TelegramNetwork {
  const network = sandboxNetwork(sandbox);
  return { ...network, firstDc: 1, dataCentre: (dcId) => network.dataCentre(dcId, false) };
}

/** A login as the sandbox's application begins it. */
export function loginOf(phoneNumber: string): LoginStart {
  return { phoneNumber, application, proxy: null };
}

/** How to connect with a known key. */
export function accessBy(key: DcKey): AccountAccess {
  return { key, apiId: application.apiId, proxy: null, withinSeconds: null };
}

/** Work that asks which account the session belongs to. */
export const whoAmI = (account: ConnectedAccount) => account.whoAmI();

/** The account's channel with this title. Rejects if there is none. */
export async function channelCalled(account: ConnectedAccount, title: string): Promise<Channel> {
  const { channels } = await account.channels();
  const channel = channels.find((one) => one.title === title);
  if (channel === undefined) throw new Error(`no channel ${title}`);
  return channel;
}

/** Advances time by seconds until the promise settles: its rejection (null: none), and how many seconds it took. */
export async function rejectionOf(
  promise: Promise<unknown>,
  time: ManualTime,
): Promise<{ error: unknown; seconds: number }> {
  const began = time.monotonic();
  let error: unknown = null;
  let over = false;
  const settled = promise.then(
    () => {
      over = true;
    },
    (reason: unknown) => {
      error = reason;
      over = true;
    },
  );
  while (!over) await time.advance(1);
  await settled;
  return { error, seconds: (time.monotonic() - began) / 1000 };
}

/** Timers that count those still waiting. */
export function countedTimers(): Timers & { waiting(): number } {
  const waiting = new Set<() => void>();
  return {
    waiting: () => waiting.size,
    after(milliseconds, action) {
      const cancel = nodeTimers.after(milliseconds, () => {
        waiting.delete(cancel);
        action();
      });
      waiting.add(cancel);
      return () => {
        waiting.delete(cancel);
        cancel();
      };
    },
  };
}

async function logIn(gateway: TelegramGateway, sandbox: Sandbox, phone: string): Promise<DcKey> {
  const login = loginOf(phone);
  const { phoneCodeHash, key } = await gateway.sendCode(login);
  const account = sandbox.world.account(phone);
  const password = account?.seed.password ?? null;
  const signedIn = await gateway.signIn({ ...login, phoneCodeHash, key }, account?.code ?? '', password);
  return signedIn.key;
}
