import { describe, expect, it } from '@jest/globals';
import type { FoundFile } from '../../src/intake/store.js';
import {
  claimOf,
  claimUntil,
  type KeptLogin,
  keptLogin,
  liveLogin,
  pendingLogin,
  settledBy,
} from '../../src/logins/login_claims.js';
import { others, TAKEN_BY_LOGIN, taken } from '../../src/logins/login_conflicts.js';
import {
  foundByLogin,
  givenByLogin,
  LOGIN_SAVED,
  revival,
  wouldLoseItsKey,
} from '../../src/logins/login_saved.js';
import type { PendingLogin } from '../../src/logins/store.js';

const HEX = 'ab'.repeat(32);
const OTHER_HEX = 'cd'.repeat(32);
const key = Buffer.from(HEX, 'hex');

const pending: PendingLogin = {
  ...{ id: 'login', holder: 'admin', kind: 'code', stage: 'code', saveAtOnce: true, secret: 'encrypted' },
  ...{ phoneNumber: '+79001234567', sessionName: 'ann', authKeySha256: HEX, inDoubt: false },
  ...{ sessionId: null, expiresAt: 1_000 },
};
const row: KeptLogin = keptLogin(pending, null, 10);

describe('a login as it is stored', () => {
  it('says the same when it is read again, and nothing of its claim', () => {
    expect(row).toEqual({ ...pending, authKeySha256: key, claimedUntil: null, createdAt: 10 });
    expect(keptLogin(pending, 50, 10).claimedUntil).toBe(50);
    expect(pendingLogin(keptLogin(pending, 50, 10))).toEqual(pending);
    const keyless = { ...pending, authKeySha256: null };
    expect(pendingLogin(keptLogin(keyless, null, 10))).toEqual(keyless);
  });

  it('lives until it expires, or as long as a request has claimed it', () => {
    expect(liveLogin(undefined, 0)).toBeUndefined();
    expect(liveLogin(row, 999)).toBe(row);
    expect(liveLogin(row, 1_000)).toBeUndefined();
    const claimed = { ...row, claimedUntil: 1_500 };
    expect(liveLogin(claimed, 1_499)).toBe(claimed);
    expect(liveLogin(claimed, 1_500)).toBeUndefined();
  });
});

describe('a claim', () => {
  it('is given to the holder of a live login, one at a time', () => {
    expect(claimOf(row, 'admin', 999)).toEqual({ kind: 'claimed', login: pending });
    expect(claimOf({ ...row, claimedUntil: 500 }, 'admin', 499)).toEqual({ kind: 'busy' });
    expect(claimOf({ ...row, claimedUntil: 500 }, 'admin', 500)).toEqual({ kind: 'claimed', login: pending });
  });

  it('is not given of a login that is unknown, expired, or another holder’s', () => {
    expect(claimOf(undefined, 'admin', 0)).toEqual({ kind: 'unknown' });
    expect(claimOf(row, 'admin', 1_000)).toEqual({ kind: 'unknown' });
    expect(claimOf(row, 'somebody', 0)).toEqual({ kind: 'unknown' });
    expect(claimOf({ ...row, claimedUntil: 500 }, 'somebody', 0)).toEqual({ kind: 'unknown' });
  });

  it('leaves the outcome unknown until it is settled', () => {
    expect(claimUntil(500)).toEqual({ inDoubt: true, claimedUntil: 500 });
    const settled = { inDoubt: false, claimedUntil: null };
    expect(settledBy(row, {})).toMatchObject(settled);
    expect(settledBy(row, { inDoubt: true })).toMatchObject({ ...settled, inDoubt: true });
  });
});

describe('what a settled step writes', () => {
  const keyless: KeptLogin = { ...row, authKeySha256: null };

  it('is its changes; what it leaves out stays', () => {
    expect(settledBy(keyless, { phoneNumber: '+1', sessionName: 'bob', expiresAt: 2_000 })).toEqual({
      ...{ phoneNumber: '+1', sessionName: 'bob', expiresAt: 2_000 },
      ...{ inDoubt: false, claimedUntil: null, authKeySha256: null, secret: 'encrypted', stage: 'code' },
    });
    expect(settledBy(keyless, { secret: 'new', stage: 'ready', authKeySha256: HEX })).toMatchObject({
      ...{ secret: 'new', stage: 'ready', authKeySha256: key },
    });
  });

  it('never changes an auth key that is known', () => {
    expect(settledBy(row, {}).authKeySha256).toEqual(key);
    expect(settledBy(row, { authKeySha256: HEX }).authKeySha256).toEqual(key);
    expect(() => settledBy(row, { authKeySha256: OTHER_HEX })).toThrow();
    expect(() => settledBy(row, { authKeySha256: null })).toThrow();
  });

  it('gives a saved login neither secret nor key, nor another stage', () => {
    const saved: KeptLogin = { ...row, ...LOGIN_SAVED };
    const change = { secret: 'new', stage: 'ready', authKeySha256: OTHER_HEX, sessionName: 'bob' } as const;
    expect(settledBy(saved, change)).toEqual({ sessionName: 'bob', inDoubt: false, claimedUntil: null });
  });
});

describe('a session that has what a login wants', () => {
  const wanted = { name: 'ann', phoneNumber: null, authKeySha256: HEX, loginId: 'login', replaces: null };
  const other = { id: 5, name: 'bob', key: Buffer.from(OTHER_HEX, 'hex') };

  it('is in conflict with it, unless the login replaces it', () => {
    expect(others(wanted)(other)).toBe(true);
    expect(others({ ...wanted, replaces: 5 })(other)).toBe(false);
    expect(others({ ...wanted, replaces: 6 })(other)).toBe(true);
  });

  it('is not in conflict where it is the file of the login itself, by name and key', () => {
    const own = { id: 5, name: 'ann', key };
    expect(others(wanted)(own)).toBe(false);
    expect(others(wanted)({ ...own, name: 'bob' })).toBe(true);
    expect(others(wanted)({ ...own, key: other.key })).toBe(true);
    expect(others(wanted)({ ...own, key: null })).toBe(true);
    expect(others({ ...wanted, loginId: null })(own)).toBe(true);
    expect(others({ ...wanted, authKeySha256: null })(own)).toBe(true);
    expect(others({ ...wanted, authKeySha256: null })({ ...own, key: null })).toBe(true);
  });

  it('is named by the conflict; a login under way is not', () => {
    expect(taken('phone_taken', other)).toEqual({ kind: 'phone_taken', sessionId: 5, sessionName: 'bob' });
    expect(TAKEN_BY_LOGIN).toMatchObject({ kind: 'auth_key_taken', sessionId: null });
    expect(TAKEN_BY_LOGIN.sessionName).toMatch(/login/);
  });
});

describe('a login that becomes a session', () => {
  const found: FoundFile = {
    ...{ name: 'ann', file: 'ann.session', json: null, fingerprint: '', format: 'telethon', dead: null },
    ...{ authKeySha256: HEX, dcId: 2, userId: '7', phoneNumber: null, apiId: 1, credentials: null },
  };

  it('tells its phone number where the file does not', () => {
    expect(foundByLogin(found, pending).phoneNumber).toBe('+79001234567');
    expect(foundByLogin({ ...found, phoneNumber: '+1' }, pending).phoneNumber).toBe('+1');
    expect(foundByLogin(found, { phoneNumber: null }).phoneNumber).toBeNull();
  });

  it.each([
    ['leased', OTHER_HEX, true],
    ['cooldown', OTHER_HEX, true],
    ['leased', HEX, false],
    ['free', OTHER_HEX, false],
    ['dead', OTHER_HEX, false],
  ] as const)('would change the key under a worker: %s: %j', (state, hex, loses) => {
    const authKeySha256 = Buffer.from(hex, 'hex');
    expect(wouldLoseItsKey({ state, authKeySha256 }, found)).toBe(loses);
  });

  it('gives a new session its proxy, and one that it replaces none', () => {
    const session = { found, apiHash: 'encrypted', proxyId: 3, replaces: null };
    const seen = { lastCheckedAt: 20, updatedAt: 20 };
    expect(givenByLogin(session, false, 20)).toEqual({ ...seen, proxyId: 3, apiHash: 'encrypted' });
    expect(givenByLogin(session, true, 20)).toEqual({ ...seen, apiHash: 'encrypted' });
    expect(givenByLogin({ ...session, apiHash: null, proxyId: null }, false, 20)).toEqual({
      ...{ ...seen, proxyId: null },
    });
  });

  it.each([
    ['invalid', 'free', true],
    ['dead', 'free', true],
    ['dead', 'inactive', true],
    ['dead', 'dead', false],
    ['invalid', 'dead', false],
    ['free', 'free', false],
    ['flood', 'free', false],
    ['leased', 'free', false],
  ] as const)('revives a session: %s, at rest %s: %j', (state, rest, revived) => {
    const back = revival({ state, rest }, 20);
    if (!revived) expect(back).toBeNull();
    else {
      expect(back).toMatchObject({ event: 'restore', changes: { suspectedAt: null }, entry: { at: 20 } });
      expect(back?.entry).toMatchObject({ event: 'restored', detail: expect.stringMatching(/logged in/) });
    }
  });
});
