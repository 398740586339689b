import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SESSION_API_HASH, Vault } from '../../src/access/vault.js';
import { decryptCredentials, encryptCredentials } from '../../src/sessions/stored_credentials.js';

const vault = new Vault([randomBytes(32)]);
const credentials = {
  dcId: 4,
  serverAddress: '149.154.167.92',
  port: 443,
  authKey: randomBytes(256),
  userId: '9223372036854775807',
  apiId: 12_345,
  isBot: true,
};

describe('encrypted credentials', () => {
  it('are the same once decrypted, ids of 64 bits included', async () => {
    expect(await decryptCredentials(await encryptCredentials(credentials, vault), vault)).toEqual(
      credentials,
    );
    const bare = { ...credentials, userId: null, apiId: null, isBot: false };
    expect(await decryptCredentials(await encryptCredentials(bare, vault), vault)).toEqual(bare);
  });

  it('show nothing of the auth key', async () => {
    const text = await encryptCredentials(credentials, vault);
    const decoded = text.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    for (const part of [text, ...decoded]) {
      expect(part).not.toContain(credentials.authKey.toString('base64').slice(0, 40));
      expect(part).not.toContain(credentials.authKey.toString('latin1').slice(0, 40));
    }
  });

  it('are decrypted with their own key only, and as nothing else', async () => {
    const text = await encryptCredentials(credentials, vault);
    await expect(decryptCredentials(text, new Vault([randomBytes(32)]))).rejects.toMatchObject({
      code: 'unknown_key',
    });
    await expect(vault.decrypt(text, SESSION_API_HASH)).rejects.toMatchObject({ code: 'wrong_context' });
  });
});
