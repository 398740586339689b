import type { AccountAccess, LoginStart, TelegramGateway } from '../gateway.js';
import { defaultLimits, type GatewayParts } from '../limits.js';
import { connectAccount } from './account.js';
import { connectBot, logInBot } from './bots.js';
import type { Caller, Lines } from './lines.js';
import { resendCode, sendCode, signIn, signInByPassword } from './login.js';
import { Places } from './places.js';
import { trust } from './server_keys.js';
import { Switchboard } from './switchboard.js';

/** Agreeing on a key takes a third of a second of the processor, during which nothing else is served. */
const KEY_EXCHANGES = 2;

/** Telegram, spoken to by GramJS's MTProto, over sockets of our own. */
export function createGramjsGateway({ network, timers, limits: wanted }: GatewayParts): TelegramGateway {
  const limits = { ...defaultLimits, ...wanted };
  trust(network.rsaKeys);
  const keyExchanges = new Places(KEY_EXCHANGES);
  const switchboard = new Switchboard({ network, timers, limits, keyExchanges });
  const step = <Result>(
    login: Pick<LoginStart, 'application' | 'proxy'>,
    what: string,
    task: (lines: Lines) => Promise<Result>,
  ): Promise<Result> => {
    const caller: Caller = { apiId: login.application.apiId, proxy: login.proxy };
    return switchboard.run(caller, { what, seconds: limits.loginSeconds }, task);
  };
  const during = <Result>(
    { apiId, proxy, withinSeconds: seconds, signal }: AccountAccess,
    task: (lines: Lines) => Promise<Result>,
  ): Promise<Result> => {
    const options = { what: 'all of the work with the session', seconds, signal };
    return switchboard.run({ apiId, proxy }, options, task);
  };
  return {
    sendCode: (login) => step(login, 'sending a code', (lines) => sendCode(lines, network.firstDc, login)),
    resendCode: (login) => step(login, 'sending a code again', (lines) => resendCode(lines, login)),
    signIn: (login, code, password) =>
      step(login, 'signing in', (lines) => signIn(lines, login, code, password)),
    checkPassword: (login, password) =>
      step(login, 'checking a password', (lines) => signInByPassword(lines, login, password)),
    withAccount: (access, work) => during(access, async (lines) => work(await connectAccount(lines, access))),
    logInBot: ({ signal, ...login }) => {
      const caller: Caller = { apiId: login.application.apiId, proxy: login.proxy };
      const options = { what: 'logging a bot in', seconds: limits.loginSeconds, signal };
      return switchboard.run(caller, options, (lines) => logInBot(lines, network.firstDc, login));
    },
    withBot: (access, work) => during(access, async (lines) => work(await connectBot(lines, access))),
    close: () => switchboard.close(),
  };
}
