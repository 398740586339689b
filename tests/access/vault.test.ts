import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { CompactEncrypt, decodeProtectedHeader } from 'jose';
import { Vault } from '../../src/access/vault.js';
import { VaultError } from '../../src/access/vault_errors.js';

const OLD = randomBytes(32);
const NEW = randomBytes(32);
const SECRET = '1BVtsOK4Bu… \u{feff}пароль';
const FIELD = 'sessions.session_string:42';

async function refusal(attempt: () => unknown): Promise<VaultError> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof VaultError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the vault', () => {
  it('decrypts what it encrypted, and its tokens show nothing of it', async () => {
    const vault = new Vault([NEW]);
    for (const text of [SECRET, '', '\u{feff}x', 'x'.repeat(100_000)]) {
      expect(await vault.decrypt(await vault.encrypt(text, FIELD), FIELD)).toBe(text);
    }
    const token = await vault.encrypt('hunter2', FIELD);
    expect(token).not.toContain('hunter2');
    expect(token).not.toBe(await vault.encrypt('hunter2', FIELD));
  });

  it('writes compact JWE with the name of the key and the field', async () => {
    const token = await new Vault([NEW]).encrypt(SECRET, FIELD);
    expect(token.split('.')).toHaveLength(5);
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      kid: expect.stringMatching(/^[0-9a-f]{16}$/),
      ctx: FIELD,
    });
  });

  it('decrypts with an old key, and knows that it is old', async () => {
    const token = await new Vault([OLD]).encrypt(SECRET, FIELD);
    const rotated = new Vault([NEW, OLD]);
    expect(await rotated.decrypt(token, FIELD)).toBe(SECRET);
    expect(rotated.isCurrent(token)).toBe(false);
    expect(rotated.isCurrent(await rotated.encrypt(SECRET, FIELD))).toBe(true);
    expect(rotated.isCurrent('no token')).toBe(false);
  });

  it('refuses a secret whose key is gone', async () => {
    const token = await new Vault([OLD]).encrypt(SECRET, FIELD);
    expect(await refusal(() => new Vault([NEW]).decrypt(token, FIELD))).toMatchObject({
      code: 'unknown_key',
    });
  });

  it('refuses a secret that was moved to another field', async () => {
    const vault = new Vault([NEW]);
    const token = await vault.encrypt(SECRET, FIELD);
    const moved = await refusal(() => vault.decrypt(token, 'sessions.session_string:43'));
    expect(moved).toMatchObject({ code: 'wrong_context' });
  });

  it('refuses a secret whose header or text was changed', async () => {
    const vault = new Vault([NEW]);
    const [header = '', key, iv, text = '', tag] = (await vault.encrypt(SECRET, FIELD)).split('.');
    const claims = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), ctx: 'proxies.pass:1' };
    const relabelled = [Buffer.from(JSON.stringify(claims)).toString('base64url'), key, iv, text, tag].join(
      '.',
    );
    const flipped = [header, key, iv, `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`, tag].join('.');
    expect(await refusal(() => vault.decrypt(relabelled, 'proxies.pass:1'))).toMatchObject({
      code: 'tampered',
    });
    expect(await refusal(() => vault.decrypt(flipped, FIELD))).toMatchObject({ code: 'tampered' });
  });

  it('refuses another algorithm under its own key name', async () => {
    const vault = new Vault([NEW]);
    const { kid } = decodeProtectedHeader(await vault.encrypt(SECRET, FIELD));
    const foreign = await new CompactEncrypt(Buffer.from(SECRET))
      .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid: String(kid), ctx: FIELD })
      .encrypt(NEW);
    expect(await refusal(() => vault.decrypt(foreign, FIELD))).toMatchObject({ code: 'tampered' });
  });

  it.each(['', 'plain text', 'a.b.c.d.e', '....'])(
    'refuses %j, which is not one of its tokens',
    async (text) => {
      expect(await refusal(() => new Vault([NEW]).decrypt(text, FIELD))).toMatchObject({ code: 'malformed' });
    },
  );

  it('needs at least one key of 32 bytes', async () => {
    expect(await refusal(() => new Vault([]))).toMatchObject({ code: 'bad_key' });
    expect(await refusal(() => new Vault([NEW, randomBytes(16)]))).toMatchObject({ code: 'bad_key' });
  });

  it('shows no secret, neither itself nor in its errors', async () => {
    const vault = new Vault([NEW]);
    const token = await vault.encrypt('hunter2', FIELD);
    const error = await refusal(() => vault.decrypt(token, 'x'));
    const shown = inspect([vault, error], { depth: 10, showHidden: true });
    for (const secret of ['hunter2', token, NEW.toString('hex'), NEW.toString('base64')]) {
      expect(shown).not.toContain(secret);
    }
  });
});
