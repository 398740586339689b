import { _serverKeys } from 'telegram/crypto/RSA.js';
import { readBigIntFromBuffer } from 'telegram/Helpers.js';
import { Api } from 'telegram/tl/index.js';
import { Semaphore } from '../../kernel/semaphore.js';
import {
  type AccountAccess,
  type ConnectedAccount,
  type ConnectedBot,
  defaultLimits,
  type GatewayParts,
  type LoginStart,
  type TelegramGateway,
} from '../gateway.js';
import type { RsaKey } from '../network.js';
import { accountFreeze } from './account_freeze.js';
import { channelList, resolveChannel } from './channels.js';
import { ConnectionPool, type TaskConnections } from './connection_pool.js';
import { download, MediaConnections } from './downloads.js';
import { history, lastBefore, messagesAfter, messagesByIds } from './history.js';
import { mendKeyAgreement } from './key_agreement.js';
import { logInBot, resendCode, sendCode, signIn, signInByPassword, toAccount } from './login.js';

/** Agreeing on a key keeps the event loop busy for tens of milliseconds. */
const KEY_EXCHANGES = 2;

/** The gateway over GramJS's MTProto, with sockets of our own. */
export function createGramjsGateway({ network, timers, limits: wanted }: GatewayParts): TelegramGateway {
  const limits = { ...defaultLimits, ...wanted };
  mendKeyAgreement();
  trust(network.rsaKeys);
  const keyExchanges = new Semaphore(KEY_EXCHANGES);
  const pool = new ConnectionPool({ network, timers, limits, keyExchanges });
  const connect = <Result>(
    { apiId, proxy, withinSeconds: seconds, signal }: AccountAccess,
    work: (connections: TaskConnections) => Promise<Result>,
  ): Promise<Result> => {
    const options = { what: 'all of the work with the session', seconds, signal };
    return pool.run({ apiId, proxy }, options, work);
  };
  return {
    ...logins(pool, network.firstDc, limits.loginSeconds),
    withAccount: (access, work) =>
      connect(access, async (connections) => work(await connectAccount(connections, access))),
    withBot: (access, work) =>
      connect(access, async (connections) => work(await connectBot(connections, access))),
    close: () => pool.close(),
  };
}

type Logins = Pick<TelegramGateway, 'sendCode' | 'resendCode' | 'signIn' | 'checkPassword' | 'logInBot'>;

/** The steps of logins, each within `seconds`. */
function logins(pool: ConnectionPool, firstDc: number, seconds: number): Logins {
  const step = <Result>(
    { application, proxy }: Pick<LoginStart, 'application' | 'proxy'>,
    { what, signal }: { readonly what: string; readonly signal?: AbortSignal },
    work: (connections: TaskConnections) => Promise<Result>,
  ): Promise<Result> => pool.run({ apiId: application.apiId, proxy }, { what, seconds, signal }, work);
  return {
    sendCode: (login) =>
      step(login, { what: 'sending a code' }, (connections) => sendCode(connections, firstDc, login)),
    resendCode: (login) =>
      step(login, { what: 'sending a code again' }, (connections) => resendCode(connections, login)),
    signIn: (login, code, password) =>
      step(login, { what: 'signing in' }, (connections) => signIn(connections, login, code, password)),
    checkPassword: (login, password) =>
      step(login, { what: 'checking a password' }, (connections) =>
        signInByPassword(connections, login, password),
      ),
    logInBot: (login) =>
      step(login, { what: 'signing a bot in', signal: login.signal }, (connections) =>
        logInBot(connections, firstDc, login),
      ),
  };
}

/** Makes GramJS trust these keys too, from now on. */
function trust(keys: readonly RsaKey[]): void {
  for (const { fingerprint, modulus, exponent } of keys) {
    _serverKeys.set(fingerprint, { n: readBigIntFromBuffer(modulus, false), e: exponent });
  }
}

/** Connects as the account. Rejects with TelegramUnreachable or TelegramTimeout. */
async function connectAccount(
  connections: TaskConnections,
  { key }: Pick<AccountAccess, 'key'>,
): Promise<ConnectedAccount> {
  const connection = await connections.open(key, key.authKey);
  const media = new MediaConnections(connections, connection);
  return {
    async whoAmI() {
      const [user] = await connection.call(new Api.users.GetUsers({ id: [new Api.InputUserSelf()] }));
      return toAccount(user, 'users.getUsers');
    },
    freeze: () => accountFreeze(connection),
    channels: () => channelList(connection, () => connections.isHalfOver),
    resolve: (username) => resolveChannel(connection, username),
    history: (peer, page) => history(connection, peer, page),
    messagesAfter: (peer, afterId, limit) => messagesAfter(connection, peer, afterId, limit),
    lastBefore: (peer, date) => lastBefore(connection, peer, date),
    download: (file, offset) => download(media, file, offset),
    async logOut() {
      await connection.call(new Api.auth.LogOut());
    },
  };
}

/** Connects as the bot. Rejects with TelegramUnreachable or TelegramTimeout. */
async function connectBot(
  connections: TaskConnections,
  { key }: Pick<AccountAccess, 'key'>,
): Promise<ConnectedBot> {
  const connection = await connections.open(key, key.authKey);
  const media = new MediaConnections(connections, connection);
  return {
    resolve: (username) => resolveChannel(connection, username),
    messagesAfter: (peer, afterId, limit) => messagesByIds(connection, peer, afterId, limit),
    download: (file, offset) => download(media, file, offset),
  };
}
