import { describe, expect, it } from '@jest/globals';
import { generateRsaPem, rsaKeyFrom } from '../../sandbox/crypto/rsa_key.js';
import { sandboxNetwork } from '../../sandbox/network.js';
import { type Journey, logIn, withJourney } from './journey.js';

const network = sandboxNetwork({
  addresses: ['127.0.0.2', '127.0.0.3'],
  port: 8443,
  rsaPublicKey: rsaKeyFrom(generateRsaPem()).publicKey,
});

describe("a sandbox's network", () => {
  it.each(['127.0.0.1', '127.0.0.2', '127.255.255.254', '::1', 'localhost'])('may dial %s', (host) => {
    expect(network.mayDial(host)).toBe(true);
  });

  it.each([
    '149.154.167.51',
    '10.0.0.1',
    '0.0.0.0',
    '::',
    '::ffff:10.0.0.1',
    '127.0.0.1.example.com',
    '127.1',
    '',
  ])('may not dial %s', (host) => {
    expect(network.mayDial(host)).toBe(false);
  });

  it('has its own data centres, and no others', () => {
    expect(network.dataCentre(2, false)).toEqual({ serverAddress: '127.0.0.3', port: 8443 });
    expect(network.dataCentre(3, false)).toBeNull();
    expect(network.dataCentre(2, true)).toBeNull();
  });

  it(
    'lets no session connect through an outside proxy',
    withJourney(async (journey: Journey) => {
      const { admin, service } = journey;
      const id = await logIn(journey, '+9996620002');
      const proxy = { type: 'socks5', host: '192.0.2.1', port: 1080 };
      const changed = await fetch(`${service.baseUrl}/sessions/${id}`, {
        method: 'PUT',
        headers: { 'X-API-Key': service.adminKey, 'Content-Type': 'application/json' },
        body: JSON.stringify({ proxy }),
      });
      expect(changed.status).toBe(200);
      const test = await admin.post(`/sessions/${id}/test`);
      expect(test).toMatchObject({ status: 502, body: { detail: { error: 'telegram_unreachable' } } });
      expect(await admin.sessions()).toMatchObject([{ status: 'free' }]);
    }),
  );
});
