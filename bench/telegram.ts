import { randomBytes } from 'node:crypto';
import { PromisedNetSockets } from 'telegram/extensions/index.js';
import { Logger, LogLevel } from 'telegram/extensions/Logger.js';
import { TelegramClient } from 'telegram/index.js';
import { ConnectionTCPFull } from 'telegram/network/index.js';
import { StringSession } from 'telegram/sessions/index.js';
import { sandboxNetwork } from '../sandbox/network.js';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.js';
import { sandboxSeed } from '../sandbox/seed.js';
import { encodeSessionString } from '../src/intake/formats/session_string.js';
import { nodeTimers } from '../src/kernel/timers.js';
import type { DcKey, TelegramGateway } from '../src/telegram/gateway.js';
import { createGramjsGateway } from '../src/telegram/gramjs/gateway.js';
import type { Benchmark } from './benchmark.js';
import { atMost, type Finding } from './finding.js';
import { median, timed } from './statistics.js';

const APPLICATION = { apiId: 12345, apiHash: '0123456789abcdef0123456789abcdef' };
const ROUNDS = 200;
const PHONE = '+9996610001';

/** What it costs to connect with a known key and identify the account, compared with GramJS's own client. */
export const telegram: Benchmark = {
  name: 'telegram',
  minutes: () => 3,
  async run(open) {
    const place = await open();
    const directory = place.directory;
    const sandbox = await startSandbox({
      directory,
      seed: sandboxSeed,
      port: 0,
      time: Date.now,
      randomBytes,
    });
    const gateway = createGramjsGateway({ network: sandboxNetwork(sandbox), timers: nodeTimers });
    try {
      const key = await keyOf(sandbox, gateway);
      return [await compare(sandbox, gateway, key), await leak(sandbox)];
    } finally {
      await gateway.close();
      await sandbox.close();
    }
  },
};

async function keyOf(sandbox: Sandbox, gateway: TelegramGateway): Promise<DcKey> {
  const login = { phoneNumber: PHONE, application: APPLICATION, proxy: null };
  const sent = await gateway.sendCode(login);
  const code = sandbox.accounts().find(({ phone }) => phone === PHONE)?.code ?? '';
  return (await gateway.signIn({ ...login, ...sent }, code, null)).key;
}

async function compare(sandbox: Sandbox, gateway: TelegramGateway, key: DcKey): Promise<Finding> {
  const ours: number[] = [];
  const bare: number[] = [];
  const access = { key, apiId: APPLICATION.apiId, proxy: null, withinSeconds: null };
  for (let round = -10; round < ROUNDS; round += 1) {
    const own = await timed(() => gateway.withAccount(access, (account) => account.whoAmI()));
    const theirs = await timed(() => askBare(sandbox, key));
    if (own.result.id !== theirs.result) throw new Error('not the same account');
    if (round < 0) continue;
    ours.push(own.ms);
    bare.push(theirs.ms);
  }
  const sides = {
    ours: { value: median(ours), unit: 'ms' },
    against: { value: median(bare), unit: 'ms', name: 'bare GramJS' },
  };
  return atMost('known key: connect and whoAmI', sides, 1.2);
}

/** What failing calls leave in memory: no more after the third thousand than after the first. */
async function leak(sandbox: Sandbox): Promise<Finding> {
  const limits = { connectSeconds: 0.1, callSeconds: 0.1, loginSeconds: 0.2 };
  const gateway = createGramjsGateway({ network: sandboxNetwork(sandbox), timers: nodeTimers, limits });
  const login = { phoneNumber: '+9996620002', application: APPLICATION, proxy: null };
  const behave = async (mode: 'normal' | 'refuse' | 'silent' | 'half_dead') => {
    for (const dc of [1, 2]) await sandbox.behave(dc, mode);
  };
  const thousand = async () => {
    for (let round = 0; round < 50; round += 1) {
      await behave((['refuse', 'silent', 'half_dead'] as const)[round % 3] ?? 'silent');
      const calls = Array.from({ length: 20 }, () => gateway.sendCode(login).catch(() => undefined));
      await Promise.all(calls);
    }
    return process.memoryUsage().rss / 2 ** 20;
  };
  try {
    const first = await thousand();
    await thousand();
    const third = await thousand();
    const against = { value: first, unit: 'MiB', name: 'after 1,000' };
    return atMost('RSS after 3,000 failing calls', { ours: { value: third, unit: 'MiB' }, against }, 1.1);
  } finally {
    await behave('normal');
    await gateway.close();
  }
}

/** The same with GramJS's client, as in its documentation. */
async function askBare(sandbox: Sandbox, { dcId, authKey }: DcKey): Promise<string> {
  const serverAddress = sandbox.addresses[dcId - 1] ?? '';
  const known = { dcId, serverAddress, port: sandbox.port, authKey, userId: null, apiId: null, isBot: false };
  class SandboxSocket extends PromisedNetSockets {
    override connect(_port: number, ip: string) {
      return super.connect(sandbox.port, ip);
    }
  }
  const session = new StringSession(encodeSessionString(known, 'gramjs'));
  const client = new TelegramClient(session, APPLICATION.apiId, APPLICATION.apiHash, {
    connection: ConnectionTCPFull,
    useWSS: false,
    networkSocket: SandboxSocket,
    baseLogger: new Logger(LogLevel.NONE),
  });
  await client.connect();
  const me = await client.getMe();
  await client.destroy();
  return me.id.toString();
}
