import { describe, expect, it } from '@jest/globals';
import type { FoundFile } from '../../src/intake/store.js';
import { BadRequest } from '../../src/kernel/errors.js';
import {
  CONFLICT_WITH_LOGIN,
  claimOf,
  claimUntil,
  conflictOf,
  conflictsWith,
  defaultName,
  foundByLogin,
  givenByLogin,
  isExpired,
  isOutcomeUnknown,
  LOGIN_SAVED,
  leavesSession,
  liveLogin,
  pendingLogin,
  replacedSession,
  revival,
  type StoredLogin,
  settledBy,
  storedLogin,
  wouldLoseItsKey,
} from '../../src/logins/rules.js';
import type { PendingLogin } from '../../src/logins/store.js';
import { STATES } from '../../src/pool/states.js';
import {
  TelegramFlood,
  TelegramRefused,
  TelegramTimeout,
  TelegramUnreachable,
} from '../../src/telegram/errors.js';

const NOW = 1_000_000;
const KEY = 'ab'.repeat(32);
const OTHER_KEY = 'cd'.repeat(32);
const bytes = (hex: string) => Buffer.from(hex, 'hex');

const LOGIN: PendingLogin = {
  ...{ id: 'login', holder: 'key:1', kind: 'code', stage: 'code', saveAtOnce: true, phoneNumber: '+1' },
  ...{ sessionName: 'a', secret: 'encrypted', authKeySha256: null, inDoubt: false, sessionId: null },
  expiresAt: NOW + 10,
};

function kept(over: Partial<StoredLogin> = {}): StoredLogin {
  return { ...storedLogin(LOGIN, null, NOW - 10), ...over };
}

describe('a login', () => {
  it('is kept with its auth key as bytes, and leaves the storage without its claim', () => {
    const login = { ...LOGIN, authKeySha256: KEY };
    expect(storedLogin(login, NOW + 5, NOW)).toEqual({
      ...{ ...login, authKeySha256: bytes(KEY), claimedUntil: NOW + 5, createdAt: NOW },
    });
    expect(pendingLogin(storedLogin(login, NOW + 5, NOW))).toEqual(login);
    expect(pendingLogin(kept())).toEqual(LOGIN);
  });

  it('lives until its time is over, and as long as a request is at it', () => {
    expect(liveLogin(undefined, NOW)).toBeUndefined();
    for (const [row, lives] of [
      [kept({ expiresAt: NOW + 1 }), true],
      [kept({ expiresAt: NOW }), false],
      [kept({ expiresAt: NOW, claimedUntil: NOW + 1 }), true],
      [kept({ expiresAt: NOW, claimedUntil: NOW }), false],
    ] as const) {
      expect(liveLogin(row, NOW)).toBe(lives ? row : undefined);
    }
  });

  it('is claimed by one request of its holder at a time', () => {
    expect(claimOf(kept(), 'key:1', NOW)).toEqual({ kind: 'claimed', login: LOGIN });
    expect(claimOf(kept({ claimedUntil: NOW }), 'key:1', NOW)).toMatchObject({ kind: 'claimed' });
    expect(claimOf(kept({ claimedUntil: NOW + 1 }), 'key:1', NOW)).toEqual({ kind: 'busy' });
    expect(claimOf(kept(), 'key:2', NOW)).toEqual({ kind: 'unknown' });
    expect(claimOf(kept({ expiresAt: NOW }), 'key:1', NOW)).toEqual({ kind: 'unknown' });
    expect(claimOf(undefined, 'key:1', NOW)).toEqual({ kind: 'unknown' });
  });

  it('is in doubt from its claim until somebody settles it', () => {
    expect(claimUntil(NOW + 5)).toEqual({ inDoubt: true, claimedUntil: NOW + 5 });
  });
});

describe('what settles a login', () => {
  const key = bytes(KEY);

  it('ends the claim, and changes what it says and no more', () => {
    const row = kept({ authKeySha256: key });
    expect(settledBy(row, { phoneNumber: '+2' })).toEqual({
      ...{ phoneNumber: '+2', inDoubt: false, claimedUntil: null },
      ...{ authKeySha256: key, secret: 'encrypted', stage: 'code' },
    });
    expect(settledBy(row, { secret: 'other', stage: 'ready', inDoubt: true })).toMatchObject({
      ...{ secret: 'other', stage: 'ready', inDoubt: true },
    });
  });

  it('may tell its auth key once', () => {
    expect(settledBy(kept(), { authKeySha256: KEY }).authKeySha256).toEqual(key);
    expect(settledBy(kept(), {}).authKeySha256).toBeNull();
    const row = kept({ authKeySha256: key });
    expect(settledBy(row, { authKeySha256: KEY }).authKeySha256).toEqual(key);
    for (const authKeySha256 of [OTHER_KEY, null]) {
      expect(() => settledBy(row, { authKeySha256 })).toThrow('a login keeps the auth key that it has');
    }
  });

  it('gives what is saved neither a secret nor an auth key again, and no other stage', () => {
    const row = kept({ stage: 'saved', secret: '', authKeySha256: null });
    const change = { authKeySha256: KEY, secret: 'other', stage: 'ready', sessionName: 'b' } as const;
    expect(settledBy(row, change)).toEqual({ sessionName: 'b', inDoubt: false, claimedUntil: null });
  });
});

describe('what is in the way of a login', () => {
  const wanted = { name: 'a', phoneNumber: '+1', authKeySha256: KEY, loginId: 'login', replaces: 7 };
  const row = { id: 1, name: 'a', key: bytes(KEY) };
  const inTheWay = (over: Partial<typeof wanted> | object, other: object = {}) =>
    conflictsWith({ ...wanted, ...over })({ ...row, ...other });

  it('is not the session that it replaces', () => {
    expect(inTheWay({ loginId: null }, { id: 7 })).toBe(false);
    expect(inTheWay({ loginId: null })).toBe(true);
  });

  it("is not the login's own file, which has its name and its auth key", () => {
    expect(inTheWay({})).toBe(false);
    expect(inTheWay({}, { name: 'b' })).toBe(true);
    expect(inTheWay({}, { key: bytes(OTHER_KEY) })).toBe(true);
    expect(inTheWay({}, { key: null })).toBe(true);
    expect(inTheWay({ authKeySha256: null }, { key: null })).toBe(true);
  });

  it('is told by what they share', () => {
    expect(conflictOf('phone_taken', row)).toEqual({ kind: 'phone_taken', sessionId: 1, sessionName: 'a' });
  });
});

describe('a login that became a session', () => {
  const found = { name: 'a', phoneNumber: null, authKeySha256: KEY } as FoundFile;

  it('says whose it is where its file does not', () => {
    expect(foundByLogin(found, { phoneNumber: '+1' }).phoneNumber).toBe('+1');
    expect(foundByLogin({ ...found, phoneNumber: '+2' }, { phoneNumber: '+1' }).phoneNumber).toBe('+2');
    expect(foundByLogin(found, { phoneNumber: null })).toEqual(found);
  });

  it('does not take the auth key from under a worker that has the session', () => {
    const losing = STATES.filter((state) =>
      wouldLoseItsKey({ state, authKeySha256: bytes(OTHER_KEY) }, found),
    );
    expect(losing).toEqual(['leased', 'cooldown']);
    expect(wouldLoseItsKey({ state: 'leased', authKeySha256: bytes(KEY) }, found)).toBe(false);
  });

  it('gets a proxy if it is new, and the application that it was made with', () => {
    const session = { found, apiHash: 'hash', proxyId: 3, replaces: null };
    const checked = { lastCheckedAt: NOW, updatedAt: NOW };
    expect(givenByLogin(session, false, NOW)).toEqual({ proxyId: 3, apiHash: 'hash', ...checked });
    expect(givenByLogin(session, true, NOW)).toEqual({ apiHash: 'hash', ...checked });
    expect(givenByLogin({ ...session, apiHash: null }, true, NOW)).toEqual(checked);
  });

  it('is back in the pool if Telegram had refused it, unless its file is dead', () => {
    const revived = STATES.filter((state) => revival({ state, baseState: 'free' }, NOW) !== null);
    expect(revived).toEqual(['invalid', 'dead']);
    expect(revival({ state: 'dead', baseState: 'dead' }, NOW)).toBeNull();
    expect(revival({ state: 'invalid', baseState: 'free' }, NOW)).toEqual({
      event: 'restore',
      changes: { suspectedAt: null },
      entry: { at: NOW, event: 'restored', detail: 'it was logged in again' },
    });
  });
});

describe('the outcome of a step', () => {
  it('is unknown where Telegram’s answer was lost', () => {
    expect(isOutcomeUnknown(new TelegramTimeout('signing in', 30), false)).toBe(true);
    expect(isOutcomeUnknown(new TelegramUnreachable('the connection broke'), false)).toBe(true);
  });

  it('is known where Telegram answered, whatever was unknown before', () => {
    for (const before of [false, true]) {
      expect(isOutcomeUnknown(new TelegramRefused('PHONE_CODE_INVALID', 'auth.signIn'), before)).toBe(false);
      expect(isOutcomeUnknown(new TelegramFlood('FLOOD_WAIT_1', 'auth.signIn', 1), before)).toBe(false);
    }
  });

  it('stays what it was where the step never got to Telegram', () => {
    for (const before of [false, true])
      expect(isOutcomeUnknown(new BadRequest('Invalid OTP code', { code: 'invalid_otp_code' }), before)).toBe(
        before,
      );
  });
});

describe('a login that is dropped', () => {
  it.each([
    ['code', 'ready', true],
    ['code', 'code', false],
    ['code', 'password', false],
    ['code', 'saved', false],
    ['upload', 'ready', false],
  ] as const)('with a %s, %s: leaves a session at Telegram: %j', (kind, stage, leaves) => {
    expect(leavesSession({ kind, stage })).toBe(leaves);
  });
});

describe('the session that a login replaces', () => {
  it.each([
    ['dead', 'free', true],
    ['leased', 'dead', true],
    ['dead', 'dead', true],
    ['invalid', 'free', false],
    ['missing', 'missing', false],
    ['free', 'free', false],
  ] as const)('is expired: %s, at rest %s: %j', (state, baseState, expired) => {
    expect(isExpired({ state, baseState })).toBe(expired);
  });

  it('is the one of its name, or any where it has none', () => {
    const [ann, bob] = [{ name: 'ann' }, { name: 'bob' }];
    expect(replacedSession([ann, bob], 'bob')).toBe(bob);
    expect(replacedSession([ann, bob], 'cleo')).toBeNull();
    expect(replacedSession([ann, bob], null)).toBe(ann);
    expect(replacedSession([], null)).toBeNull();
  });
});

describe('the name of a login that has none', () => {
  it('is that of the session it replaces, its phone number, or its account', () => {
    const login = { phoneNumber: '+79001234567' };
    expect(defaultName([{ name: 'ann' }, { name: 'bob' }], login, '7')).toBe('ann');
    expect(defaultName([], login, '7')).toBe('79001234567');
    expect(defaultName([], { phoneNumber: null }, '7')).toBe('account-7');
  });
});

describe('a login that became a session', () => {
  it('keeps neither its secret nor its auth key, and is in doubt no more', () => {
    expect(LOGIN_SAVED).toEqual({
      ...{ stage: 'saved', secret: '', authKeySha256: null, inDoubt: false, claimedUntil: null },
    });
  });
});

describe('an auth key that a pending login has', () => {
  it('is taken, by no session yet', () => {
    expect(CONFLICT_WITH_LOGIN).toEqual({
      ...{ kind: 'auth_key_taken', sessionId: null, sessionName: 'a pending login' },
    });
  });
});
