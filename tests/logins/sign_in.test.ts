import { describe, expect, it } from '@jest/globals';
import { authKeyDigest } from '../../src/intake/formats/session_string.js';
import { BadRequest } from '../../src/kernel/errors.js';
import { signIn } from '../../src/logins/service.js';
import type { ClaimedLogin, LoginSecret } from '../../src/logins/steps.js';
import type { LoginChange, PendingLogin } from '../../src/logins/store.js';
import { TelegramRefused, TelegramTimeout } from '../../src/telegram/errors.js';
import type { Account, SignIn, TelegramGateway } from '../../src/telegram/gateway.js';

const key = { dcId: 2, test: false, authKey: Buffer.alloc(256, 1) };
const newKey = { ...key, authKey: Buffer.alloc(256, 2) };
const account: Account = {
  ...{ id: '7', phoneNumber: '+79001234567', firstName: 'Ann', lastName: null, username: null, isBot: false },
};
const pending: PendingLogin = {
  ...{ id: 'login', holder: 'admin', kind: 'code', stage: 'code', saveAtOnce: true, secret: 'encrypted' },
  ...{ phoneNumber: '+79000000000', sessionName: null, authKeySha256: null, inDoubt: false },
  ...{ sessionId: null, expiresAt: 1 },
};
const stored: LoginSecret = {
  ...{ key, application: { apiId: 1, apiHash: 'hash' }, phoneCodeHash: 'code hash' },
  ...{ acceptedCode: null, userId: null },
};
const signedIn: SignIn = { kind: 'signed_in', account, key: newKey };
const passwordNeeded: SignIn = { kind: 'password_needed', hint: 'a hint', key: newKey };

/** What Telegram does; methods left out must not be called. */
type Telegram = Partial<Record<'signIn' | 'checkPassword' | 'whoAmI', SignIn | Account | Error>>;

/** Signs in, and returns the outcome. */
async function signedInBy(
  telegram: Telegram,
  {
    login = {},
    secret = {},
    password = null,
  }: {
    readonly login?: Partial<PendingLogin>;
    readonly secret?: Partial<LoginSecret>;
    readonly password?: string | null;
  } = {},
) {
  const calls: string[] = [];
  const answer = (name: keyof Telegram) => {
    calls.push(name);
    const given = telegram[name];
    if (given === undefined || given instanceof Error) throw given ?? new Error(`${name} was called`);
    return given;
  };
  const gateway = {
    signIn: async () => answer('signIn'),
    checkPassword: async () => answer('checkPassword'),
    withAccount: async () => answer('whoAmI'),
  } as unknown as TelegramGateway;
  const changes: { change: LoginChange; secret?: LoginSecret } = { change: {} };
  const claimed: ClaimedLogin = {
    login: { ...pending, ...login },
    secret: { ...stored, ...secret },
    change(change, secret) {
      changes.change = { ...changes.change, ...change };
      if (secret) changes.secret = secret;
    },
  };
  const outcome = await signIn(gateway, null, claimed, { code: '12345', password }).catch(
    (error: unknown) => error,
  );
  return { outcome, calls, ...changes };
}

const ready = {
  outcome: { kind: 'ready' },
  change: { stage: 'ready', phoneNumber: '+79001234567', authKeySha256: authKeyDigest(newKey.authKey) },
};

describe('signing in with a code', () => {
  it('makes the login ready, with its account, key and code', async () => {
    expect(await signedInBy({ signIn: signedIn })).toEqual({
      ...ready,
      calls: ['signIn'],
      secret: { ...stored, key: newKey, acceptedCode: '12345', userId: '7' },
    });
  });

  it('keeps the phone number that the login has where Telegram tells none', async () => {
    const told: SignIn = { kind: 'signed_in', account: { ...account, phoneNumber: null }, key };
    expect((await signedInBy({ signIn: told })).change).toMatchObject({ phoneNumber: '+79000000000' });
  });

  it('waits for the password of an account that has one', async () => {
    expect(await signedInBy({ signIn: passwordNeeded })).toEqual({
      outcome: { kind: 'password_needed', hint: 'a hint' },
      calls: ['signIn'],
      change: { stage: 'password' },
      secret: { ...stored, key: newKey, acceptedCode: '12345' },
    });
  });

  it('remembers that the code was accepted where the password was wrong', async () => {
    const wrong = new TelegramRefused('PASSWORD_HASH_INVALID', 'auth.checkPassword');
    expect(await signedInBy({ signIn: wrong }, { password: 'wrong' })).toEqual({
      outcome: wrong,
      calls: ['signIn'],
      change: { stage: 'password' },
      secret: { ...stored, acceptedCode: '12345' },
    });
  });

  it.each([
    ['a wrong code', new TelegramRefused('PHONE_CODE_INVALID', 'auth.signIn')],
    ['no answer', new TelegramTimeout('auth.checkPassword', 15)],
  ])('changes nothing at %s', async (_, error) => {
    expect(await signedInBy({ signIn: error })).toEqual({ outcome: error, calls: ['signIn'], change: {} });
  });

  it('is refused without a code that was sent', async () => {
    const refused = await signedInBy({}, { secret: { phoneCodeHash: null } });
    expect(refused).toMatchObject({ calls: [], change: {} });
    expect(refused.outcome).toBeInstanceOf(BadRequest);
  });
});

describe('a login that waits for its password', () => {
  const login = { stage: 'password' } as const;
  const secret = { acceptedCode: '54321' };

  it('asks for it again where none is given, without a call', async () => {
    expect(await signedInBy({}, { login, secret })).toEqual({
      outcome: { kind: 'password_needed', hint: null },
      calls: [],
      change: {},
    });
  });

  it('is ready with it, and keeps the code that was accepted', async () => {
    expect(await signedInBy({ checkPassword: signedIn }, { login, secret, password: 'right' })).toEqual({
      ...ready,
      calls: ['checkPassword'],
      secret: { ...stored, key: newKey, acceptedCode: '54321', userId: '7' },
    });
  });
});

describe('a login whose last step’s outcome is unknown', () => {
  const login = { inDoubt: true };

  it('is ready where Telegram knows its account', async () => {
    const found = await signedInBy({ whoAmI: account }, { login });
    expect(found).toMatchObject({ outcome: { kind: 'ready' }, calls: ['whoAmI'] });
    expect(found.change).toMatchObject({ stage: 'ready', authKeySha256: authKeyDigest(key.authKey) });
    expect(found.secret).toMatchObject({ key, acceptedCode: '12345', userId: '7' });
  });

  it('goes on with the password where Telegram wants that', async () => {
    const needed = new TelegramRefused('SESSION_PASSWORD_NEEDED', 'users.getUsers');
    expect(await signedInBy({ whoAmI: needed }, { login })).toEqual({
      outcome: { kind: 'password_needed', hint: null },
      calls: ['whoAmI'],
      change: { stage: 'password' },
    });
    const given = await signedInBy({ whoAmI: needed, checkPassword: signedIn }, { login, password: 'right' });
    expect(given).toMatchObject({ ...ready, calls: ['whoAmI', 'checkPassword'] });
    expect(given.secret?.acceptedCode).toBeNull();
  });

  it('goes on with the code where nobody is logged in', async () => {
    const nobody = new TelegramRefused('AUTH_KEY_UNREGISTERED', 'users.getUsers');
    const found = await signedInBy({ whoAmI: nobody, signIn: signedIn }, { login });
    expect(found).toMatchObject({ ...ready, calls: ['whoAmI', 'signIn'] });
  });

  it('stays so where Telegram does not say', async () => {
    const late = new TelegramTimeout('users.getUsers', 15);
    expect(await signedInBy({ whoAmI: late }, { login })).toEqual({
      outcome: late,
      calls: ['whoAmI'],
      change: {},
    });
  });
});
