import { TelegramUnreachable } from './errors.js';
import type { GatewayParts, TelegramGateway } from './gateway.js';

/**
 * The gateway over GramJS, loaded when it is first used: a service that never calls Telegram saves the time and
 * memory that GramJS takes.
 */
export function createLazyGateway(parts: GatewayParts): TelegramGateway {
  let loading: Promise<TelegramGateway> | null = null;
  let closed = false;
  const gateway = async (): Promise<TelegramGateway> => {
    if (closed) throw new TelegramUnreachable('the service is stopping');
    loading ??= import('./gramjs/gateway.js').then(({ createGramjsGateway }) => createGramjsGateway(parts));
    return loading;
  };
  return {
    sendCode: async (login) => (await gateway()).sendCode(login),
    resendCode: async (login) => (await gateway()).resendCode(login),
    signIn: async (login, code, password) => (await gateway()).signIn(login, code, password),
    checkPassword: async (login, password) => (await gateway()).checkPassword(login, password),
    withAccount: async (access, work) => (await gateway()).withAccount(access, work),
    logInBot: async (login) => (await gateway()).logInBot(login),
    withBot: async (access, work) => (await gateway()).withBot(access, work),
    async close() {
      closed = true;
      // What did not load has nothing open.
      const loaded = await loading?.catch(() => null);
      await loaded?.close();
    },
  };
}
