import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PROXY_PASSWORD, SESSION_CREDENTIALS, Vault } from '../../src/access/vault.js';
import { logIn, post, sendCode, withTelegram } from '../logins/over_sandbox.js';
import { lastRun, logOf, makeSource } from '../scraping/scraped.js';
import { smallWorld } from '../scraping/small_world.js';
import { type Service, some, withService } from '../service/service.js';

const ADA = '+9996610001';
const BEN = '+9996610002';
const PROXY = { type: 'socks5', host: '127.0.0.1', port: 1080, user: 'u', pass: 'p' };
const DEFAULT_PROXY = 'socks5://u:p@127.0.0.1:1080';

/** A key that the service does not have: one that was lost. */
const lost = new Vault([randomBytes(32)]);

/** From now on no key opens the passwords of the proxies that there are. */
async function loseProxyPasswords({ container }: Service): Promise<void> {
  const { access } = container.database;
  for (const { id } of await access.proxies()) {
    await access.saveProxyPass(id, await lost.encrypt('p', PROXY_PASSWORD));
  }
}

async function session(service: Service, id: number): Promise<Readonly<Record<string, unknown>>> {
  return (await service.as('monitor').get(`/sessions/${id}`).expect(200)).body;
}

function expectNoErrors(service: Service): void {
  expect(service.log.filter((line) => line.includes('"level":"error"'))).toEqual([]);
}

describe('GET /session, if no key decrypts the password of a session’s proxy', () => {
  it(
    'leases the next session, and takes that one out of the pool with the reason, its lease released',
    withService(
      async (service) => {
        await loseProxyPasswords(service);
        await service.as('admin').put('/sessions/2').send({ proxy: '' }).expect(200);
        expect(await service.lease()).toMatchObject({ session_name: 's002', proxy: null });
        expect(await service.status()).toMatchObject({
          in_use: 1,
          free: 0,
          unavailable_reasons: { dead: 1 },
        });
        const reason = expect.stringContaining("password of its proxy (127.0.0.1:1080) can't be decrypted");
        expect(await session(service, 1)).toMatchObject({ status: 'dead', status_reason: reason });
        expectNoErrors(service);
      },
      { settings: { DEFAULT_PROXY }, files: some(2) },
    ),
  );

  it(
    'does so for a lease with egress, too, whose fence could not go on through it',
    withService(
      async (service) => {
        await loseProxyPasswords(service);
        await service.as('admin').put('/sessions/2').send({ proxy: '' }).expect(200);
        const lease = await service.lease('egress=true');
        expect(lease).toMatchObject({ session_name: 's002', proxy: { type: 'socks5' } });
        expect(await session(service, 1)).toMatchObject({ status: 'dead' });
        expectNoErrors(service);
      },
      { settings: { DEFAULT_PROXY, EGRESS_PORT: '0', HOST: '127.0.0.1' }, files: some(2) },
    ),
  );

  it(
    'finds no free session if it was requested by name, until its proxy is set again and it is restored',
    withService(
      async (service) => {
        await loseProxyPasswords(service);
        const answer = await service.as('worker').get('/session?session_name=s001').expect(503);
        expect(answer.body.detail).toMatchObject({ error: 'no_free_session', unavailable: { dead: 1 } });
        await service.as('admin').put('/sessions/1').send({ proxy: PROXY }).expect(200);
        await service.as('admin').post('/restore').send({ session_id: 1 }).expect(200);
        expect(await service.lease()).toMatchObject({ session_name: 's001', proxy: { pass: 'p' } });
      },
      { settings: { DEFAULT_PROXY }, files: some(1) },
    ),
  );

  it(
    'answers an Idempotency-Key with the session that was finally leased, every time',
    withService(
      async (service) => {
        await loseProxyPasswords(service);
        await service.as('admin').put('/sessions/2').send({ proxy: '' }).expect(200);
        const ask = () => service.as('worker').get('/session').set('Idempotency-Key', 'k').expect(200);
        const first = await ask();
        expect(first.body.session_name).toBe('s002');
        expect((await ask()).body.lease_id).toBe(first.body.lease_id);
      },
      { settings: { DEFAULT_PROXY }, files: some(2) },
    ),
  );

  it(
    'tries at most ten sessions per request',
    withService(
      async (service) => {
        await loseProxyPasswords(service);
        const first = await service.as('worker').get('/session').expect(503);
        expect(first.body.detail.error).toBe('secrets_unreadable');
        expect(first.headers['retry-after']).toBe('1');
        const second = await service.as('worker').get('/session').expect(503);
        expect(second.body.detail).toMatchObject({ error: 'no_free_session', unavailable: { dead: 12 } });
        expectNoErrors(service);
      },
      { settings: { DEFAULT_PROXY }, files: some(12) },
    ),
  );
});

describe('a secret that no key decrypts', () => {
  it(
    'of a session is reported by its test, its channels and its export',
    withTelegram(async (world) => {
      const { service } = world;
      const { id } = await logIn(world, ADA);
      await service.as('admin').put(`/sessions/${id}`).send({ proxy: PROXY }).expect(200);
      await loseProxyPasswords(service);
      const tested = await service.as('admin').post(`/sessions/${id}/test`).expect(200);
      expect(tested.body).toMatchObject({ is_valid: false, status: 'unreadable' });
      const channels = await service.as('admin').get(`/sessions/${id}/channels`).expect(409);
      expect(channels.body.detail.error).toBe('proxy_unreadable');
      await service.as('admin').get(`/sessions/${id}/export`).expect(200);
      expect(await session(service, id)).toMatchObject({ status: 'free' });
      expectNoErrors(service);
    }),
  );

  it(
    'of a session that exists only in the database keeps it from being exported or leased',
    withService(
      async (service) => {
        const { sessions } = service.container.database;
        const [row] = await sessions.keptCredentials(0, 1);
        const sealed = await lost.encrypt('{}', SESSION_CREDENTIALS);
        await sessions.replaceCredentials(row?.id ?? 0, row?.credentials ?? '', sealed);
        service.write('alpha.session', 'nothing that can be read');
        const exported = await service.as('admin').get('/sessions/1/export').expect(409);
        expect(exported.body.detail.error).toBe('credentials_unreadable');
        await service.as('worker').get('/session?credentials=string').expect(503);
        expect(await session(service, 1)).toMatchObject({ status: 'dead' });
        expectNoErrors(service);
      },
      {
        files: { 'alpha.session': readFileSync(resolve('tests/fixtures/session-files/alpha.session')) },
        database: 'postgres',
      },
    ),
  );

  it(
    'of a pending login is reported by its next step',
    withTelegram(async ({ service }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA });
      const secret = await lost.encrypt('{}', `logins.secret:${temp_session_id}`);
      await service.container.database.logins.settle(temp_session_id, { secret, inDoubt: false });
      for (const [path, body] of [
        ['verify-otp', { code: '11111' }],
        ['resend-otp', {}],
        ['finalize', {}],
      ] as const) {
        const answer = await post(service, `/sessions/${path}`, { temp_session_id, ...body });
        expect([path, answer.status, answer.body.detail.error]).toEqual([path, 409, 'login_unreadable']);
      }
      expectNoErrors(service);
    }),
  );

  it(
    "of a run's session fails a run bound to it, and lets other runs continue",
    withTelegram(
      async (world) => {
        const { service } = world;
        const { id } = await logIn(world, ADA);
        await service.as('admin').put(`/sessions/${id}`).send({ proxy: PROXY }).expect(200);
        await loseProxyPasswords(service);
        const wish = { name: 'own', identifier: '@small1', access_level: 'public', target: 'LOCAL' };
        const own = await post(service, '/sources', { ...wish, session_ref: id }).expect(200);
        const failed = await lastRun(service, own.body.id);
        expect(failed).toMatchObject({
          state: 'failed',
          error: expect.stringContaining("can't be decrypted"),
        });
        expect(await session(service, id)).toMatchObject({ status: 'dead' });
        await service.as('admin').post('/restore').send({ session_id: id }).expect(200);
        const other = await logIn(world, BEN);
        // The one that can't be used is the least recently used.
        await service.time.advance(1);
        const { lease_id } = await service.lease(`session_id=${other.id}`);
        await service.as('worker').post('/release').send({ session_id: other.id, lease_id }).expect(200);
        const any = await makeSource(service, 'small2');
        expect(await lastRun(service, any)).toMatchObject({ state: 'completed' });
        expect(JSON.stringify(await logOf(service, any))).toContain("can't be used");
        expectNoErrors(service);
      },
      { seed: smallWorld },
    ),
  );
});
