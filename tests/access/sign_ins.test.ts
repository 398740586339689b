import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { until } from '../service/manual_time.js';
import { KEYS, type Service, some, withService } from '../service/service.js';

/** What a browser sends with a request of a page of the service. */
const OWN = { 'Sec-Fetch-Site': 'same-origin' };

function post(service: Service, path: string, headers: Readonly<Record<string, string>>) {
  return request(service.server).post(path).set(headers);
}

/** The cookie that signing in sets, and its attributes. */
async function signIn(service: Service, key: string, headers: Readonly<Record<string, string>> = OWN) {
  const answer = await post(service, '/auth/sign-in', headers).send({ api_key: key }).expect(200);
  const [cookie = '', ...attributes] = String(answer.headers['set-cookie']).split('; ');
  return { cookie, attributes, body: answer.body };
}

function get(service: Service, path: string, cookie: string) {
  return request(service.server).get(path).set('Cookie', `other=1; ${cookie}`);
}

describe('signing in at the console', () => {
  it(
    'exchanges a key for a cookie that scripts and other sites cannot use, and that does not contain the key',
    withService(async (service) => {
      const { cookie, attributes, body } = await signIn(service, KEYS.monitor);
      expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=1800', 'Path=/', 'SameSite=Strict']);
      expect(body).toMatchObject({ role: 'monitor', holder: expect.stringMatching(/^env:/) });
      const [, token = ''] = cookie.split('=');
      const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
      expect(claims).not.toContain(KEYS.monitor);
      const self = await get(service, '/keys/self', cookie).expect(200);
      expect(self.body).toEqual(body);
      await get(service, '/keys', cookie).expect(403);
      await get(service, '/keys/self', `${cookie}x`).expect(401);
    }),
  );

  it(
    'is secure over HTTPS',
    withService(
      async (service) => {
        const behindTls = { ...OWN, 'X-Forwarded-Proto': 'https' };
        expect((await signIn(service, KEYS.monitor, behindTls)).attributes).toContain('Secure');
        expect((await signIn(service, KEYS.monitor)).attributes).not.toContain('Secure');
      },
      { settings: { TRUST_PROXY: 'loopback' } },
    ),
  );

  it(
    'is refused with a wrong key, and slowed down after ten of them',
    withService(async (service) => {
      const wrong = () => post(service, '/auth/sign-in', OWN).send({ api_key: 'a key that nobody has' });
      const { body, headers } = await wrong().expect(403);
      expect(body.code).toBe('invalid_api_key');
      expect(headers['set-cookie']).toBeUndefined();
      for (let tries = 1; tries < 10; tries += 1) await wrong().expect(403);
      await wrong().expect(429);
      await signIn(service, KEYS.admin);
    }),
  );

  it(
    'ends when it was not used for half an hour; use renews it',
    withService(async (service) => {
      const { cookie } = await signIn(service, KEYS.admin);
      await service.time.advance(299);
      expect((await get(service, '/keys/self', cookie).expect(200)).headers['set-cookie']).toBeUndefined();
      await service.time.advance(1);
      const renewed = await get(service, '/keys/self', cookie).expect(200);
      const [newer = ''] = String(renewed.headers['set-cookie']).split('; ');
      expect(newer).not.toBe(cookie);
      await service.time.advance(1501);
      const ended = await get(service, '/keys/self', cookie).expect(401);
      expect(ended.body.code).toBe('sign_in_ended');
      // The browser may have signed in again meanwhile: the newer cookie stays.
      expect(ended.headers['set-cookie']).toBeUndefined();
      await get(service, '/keys/self', newer).expect(200);
    }),
  );

  it(
    'ends at once with signing out, for every copy, also after a restart; another sign-in goes on',
    withService(async (service) => {
      const { cookie } = await signIn(service, KEYS.admin);
      const other = await signIn(service, KEYS.admin);
      await get(service, '/keys/self', cookie).expect(200);
      const out = await post(service, '/auth/sign-out', { ...OWN, Cookie: cookie }).expect(200);
      expect(String(out.headers['set-cookie'])).toContain('Max-Age=0');
      await get(service, '/keys/self', cookie).expect(401);
      await get(service, '/keys/self', other.cookie).expect(200);
      await post(service, '/auth/sign-out', OWN).expect(200);
      await service.stop();
      await service.start();
      await get(service, '/keys/self', cookie).expect(401);
      await get(service, '/keys/self', other.cookie).expect(200);
    }),
  );

  it(
    'ends at once when its key is revoked or expires',
    withService(async (service) => {
      const make = async (body: object) => (await service.as('admin').post('/keys').send(body)).body;
      const revoked = await make({ name: 'revoked', role: 'monitor' });
      const expires_at = new Date(service.time.wall() + 60_000).toISOString();
      const short = await make({ name: 'short', role: 'monitor', expires_at });
      const [one, two] = [await signIn(service, revoked.key), await signIn(service, short.key)];
      await get(service, '/status', one.cookie).expect(200);
      await service.as('admin').delete(`/keys/${revoked.id}`).expect(200);
      await get(service, '/status', one.cookie).expect(401);
      await get(service, '/status', two.cookie).expect(200);
      await service.time.advance(60);
      await get(service, '/status', two.cookie).expect(401);
    }),
  );

  it(
    'opens event streams, which end with it and with no other',
    withService(async (service) => {
      const open = async (cookie: string) => {
        const { body } = await fetch(`${service.url}/events`, { headers: { Cookie: cookie } });
        const stream = { over: false };
        void (async () => {
          for await (const _ of body ?? []);
          stream.over = true;
        })().catch(() => undefined);
        return stream;
      };
      const [one, two] = [await signIn(service, KEYS.monitor), await signIn(service, KEYS.monitor)];
      const [first, second] = [await open(one.cookie), await open(two.cookie)];
      await post(service, '/auth/sign-out', { ...OWN, Cookie: one.cookie }).expect(200);
      await until(() => first.over);
      expect(second.over).toBe(false);
    }),
  );
});

describe('a request that comes with the cookie', () => {
  it(
    'may change something only if a page of the service sent it',
    withService(
      async (service) => {
        const { cookie } = await signIn(service, KEYS.admin);
        const restore = (headers: Readonly<Record<string, string>>) =>
          post(service, '/restore', { Cookie: cookie, ...headers }).send({ session_id: 1 });
        const { host } = new URL(service.url);
        await restore(OWN).expect(200);
        await restore({ Origin: `http://${host}`, Host: host }).expect(200);
        for (const headers of [
          {},
          { 'Sec-Fetch-Site': 'cross-site' },
          { 'Sec-Fetch-Site': 'same-site', Origin: `http://${host}` },
          { Origin: 'https://evil.example', Host: host },
          { Origin: 'null', Host: host },
        ]) {
          const { body } = await restore(headers).expect(403);
          expect(body.code).toBe('cross_site_request');
        }
        const { cookie: worker } = await signIn(service, KEYS.worker);
        await get(service, '/session', worker).expect(403);
        await get(service, '/session', worker).set(OWN).expect(200);
        await get(service, '/status', worker).set('Sec-Fetch-Site', 'cross-site').expect(200);
        await service
          .as('admin')
          .post('/restore')
          .set('Sec-Fetch-Site', 'cross-site')
          .send({ session_id: 1 })
          .expect(200);
      },
      { files: some(1) },
    ),
  );

  it(
    'is in the audit log with the key that signed in',
    withService(
      async (service) => {
        const { cookie, body } = await signIn(service, KEYS.admin);
        await post(service, '/restore', { Cookie: cookie, ...OWN })
          .send({ session_id: 1 })
          .expect(200);
        const { body: entries } = await get(service, '/audit', cookie).expect(200);
        expect(entries).toMatchObject([{ action: 'session.restore', key: body.holder, key_name: body.name }]);
      },
      { files: some(1) },
    ),
  );

  it(
    'is one of a sign-in only while no key comes along; other sites cannot even sign in',
    withService(async (service) => {
      const { cookie } = await signIn(service, KEYS.admin);
      await get(service, '/keys', cookie).set('X-API-Key', KEYS.monitor).expect(403);
      const foreign = { 'Sec-Fetch-Site': 'cross-site' };
      await post(service, '/auth/sign-in', foreign).send({ api_key: KEYS.admin }).expect(403);
      await post(service, '/auth/sign-out', { ...foreign, Cookie: cookie }).expect(403);
      await post(service, '/auth/sign-in', {}).send({ api_key: KEYS.admin }).expect(200);
    }),
  );
});
