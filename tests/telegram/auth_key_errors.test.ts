import { describe, expect, it } from '@jest/globals';
import { confirmUnregistered, saysNotLoggedIn } from '../../src/telegram/auth_key_errors.js';
import { TelegramFlood, TelegramRefused, TelegramTimeout } from '../../src/telegram/errors.js';
import type { AccountAccess, ConnectedAccount, TelegramGateway } from '../../src/telegram/gateway.js';

describe('that nobody is logged in with a key', () => {
  it.each([
    'AUTH_KEY_UNREGISTERED',
    'AUTH_KEY_INVALID',
    'AUTH_KEY_DUPLICATED',
    'SESSION_REVOKED',
    'SESSION_EXPIRED',
    'SESSION_PASSWORD_NEEDED',
    'USER_DEACTIVATED',
    'USER_DEACTIVATED_BAN',
  ])('is what %s says', (name) => {
    expect(saysNotLoggedIn(new TelegramRefused(name, 'users.getUsers'))).toBe(true);
  });

  it('is not said by any other error', () => {
    for (const name of [
      '',
      'CHANNEL_PRIVATE',
      'PHONE_NUMBER_BANNED',
      'SESSION_TOO_FRESH_86400',
      'AUTH_RESTART',
    ])
      expect(saysNotLoggedIn(new TelegramRefused(name, 'users.getUsers'))).toBe(false);
    expect(saysNotLoggedIn(new TelegramFlood('SESSION_REVOKED', 'users.getUsers', 3))).toBe(false);
    expect(saysNotLoggedIn(new Error('SESSION_REVOKED'))).toBe(false);
  });
});

/** How connections end, in turn. */
type Ends = readonly (Error | 'done')[];

const access: AccountAccess = {
  key: { dcId: 2, test: false, authKey: Buffer.alloc(256) },
  apiId: 1,
  proxy: null,
  withinSeconds: null,
};

/** Whether the work succeeded, or its error, and how many connections that took. */
async function outcomeOf(ends: Ends): Promise<{ readonly outcome: unknown; readonly connections: number }> {
  let connections = 0;
  const gateway: Pick<TelegramGateway, 'withAccount'> = {
    async withAccount(given, work) {
      expect(given).toBe(access);
      const end = ends[connections];
      connections += 1;
      if (end !== 'done') throw end;
      return work({} as ConnectedAccount);
    },
  };
  const outcome = await confirmUnregistered(gateway, access, async () => 'done').catch(
    (error: unknown) => error,
  );
  return { outcome, connections };
}

describe('an unregistered key', () => {
  const unregistered = new TelegramRefused('AUTH_KEY_UNREGISTERED', 'users.getUsers');

  it('is believed when Telegram says so on two connections', async () => {
    const again = new TelegramRefused('AUTH_KEY_UNREGISTERED', 'users.getUsers');
    expect(await outcomeOf([unregistered, again])).toEqual({ outcome: again, connections: 2 });
  });

  it('is not believed when the second connection is good', async () => {
    expect(await outcomeOf([unregistered, 'done'])).toEqual({ outcome: 'done', connections: 2 });
  });

  it('costs no second connection when nobody says so', async () => {
    expect(await outcomeOf(['done'])).toEqual({ outcome: 'done', connections: 1 });
    const revoked = new TelegramRefused('SESSION_REVOKED', 'users.getUsers');
    expect(await outcomeOf([revoked])).toEqual({ outcome: revoked, connections: 1 });
    const late = new TelegramTimeout('users.getUsers', 15);
    expect(await outcomeOf([late])).toEqual({ outcome: late, connections: 1 });
  });
});
