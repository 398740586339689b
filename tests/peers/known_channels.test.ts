import { describe, expect, it } from '@jest/globals';
import { type Granted, KEYS, type Service, some, withService } from '../service/service.js';

const NEWS = { id: 77, access_hash: '123456789012345678', username: '@News', title: 'The news' };

function save(service: Service, { session_id, lease_id }: Granted, body: object) {
  return service
    .as('worker')
    .post('/peers')
    .send({ session_id, lease_id, ...body });
}

async function giveBack(service: Service, { session_id, lease_id }: Granted): Promise<void> {
  await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
}

function report(service: Service, { session_id, lease_id }: Granted, body: object) {
  return service
    .as('worker')
    .post('/report')
    .send({ session_id, lease_id, ...body });
}

/** What a lease's session knows of the news. */
async function peerOf(service: Service, session_id: number): Promise<unknown> {
  const lease: Granted & { readonly peer?: unknown } = await service.lease(
    `session_id=${session_id}&channel=@news`,
  );
  await giveBack(service, lease);
  return lease.peer;
}

describe('POST /peers', () => {
  it(
    'saves what a worker has resolved, and counts it once, however often it is sent',
    withService(
      async (service) => {
        const lease = await service.lease();
        for (let times = 0; times < 3; times += 1) {
          const { body } = await save(service, lease, { peers: [NEWS] }).expect(200);
          expect(body).toEqual({ status: 'saved', session_id: lease.session_id, peers: 1 });
        }
        const group = { id: 5, type: 'chat', title: 'A group' };
        await save(service, lease, { peers: [group], resolved: false }).expect(200);
        const budget = await service.as('admin').get(`/sessions/${lease.session_id}/resolve-budget`);
        expect(budget.body).toMatchObject({ resolves_used: 1, channels_known: 2 });
        await giveBack(service, lease);
        expect(await peerOf(service, lease.session_id)).toMatchObject({ id: 77, username: 'News' });
      },
      { files: some(1) },
    ),
  );

  it(
    'is for the holder of the lease, with peers that can be used',
    withService(
      async (service) => {
        const lease = await service.lease();
        const { session_id } = lease;
        await service
          .as('rival')
          .post('/peers')
          .send({ ...lease, peers: [NEWS] })
          .expect(409);
        await service
          .as('monitor')
          .post('/peers')
          .send({ ...lease, peers: [NEWS] })
          .expect(403);
        await save(service, { ...lease, lease_id: 'another' }, { peers: [NEWS] }).expect(409);
        await save(service, { ...lease, session_id: 99 }, { peers: [NEWS] }).expect(404);
        for (const wrong of [
          ...[[], Array.from({ length: 201 }, () => NEWS), [{ ...NEWS, id: '@news' }]],
          ...[[{ ...NEWS, access_hash: null }], [{ ...NEWS, username: 'no' }], [{ access_hash: 5 }]],
          [{ ...NEWS, access_hash: '99999999999999999999' }],
        ])
          await save(service, lease, { peers: wrong }).expect(422);
        expect((await service.as('admin').get(`/peers?session_id=${session_id}`)).body).toEqual([]);
      },
      { files: some(2) },
    ),
  );

  it(
    'keeps the name and the title of a channel of which only a new hash is said',
    withService(
      async (service) => {
        const lease = await service.lease();
        await save(service, lease, { peers: [NEWS] }).expect(200);
        for (const peer of [
          { id: 77, access_hash: 5 },
          { id: 77, access_hash: 6, username: null, title: null },
        ])
          await save(service, lease, { peers: [peer] }).expect(200);
        await giveBack(service, lease);
        expect(await peerOf(service, lease.session_id)).toMatchObject({
          ...{ id: 77, access_hash: 6, username: 'News', title: 'The news' },
        });
      },
      { files: some(1) },
    ),
  );

  it(
    'leaves out a channel of which Telegram gave no hash that calls could use, and does not count it',
    withService(
      async (service) => {
        const lease = await service.lease();
        const { session_id } = lease;
        const peers = [{ ...NEWS, id: 5, access_hash: 0, username: 'no_hash' }, NEWS];
        const { body } = await save(service, lease, { peers }).expect(200);
        expect(body).toMatchObject({ peers: 1 });
        const known = await service.as('admin').get(`/peers?session_id=${session_id}`).expect(200);
        expect(known.body.map(({ channel }: { channel: string }) => channel)).toEqual(['@news']);
        const budget = await service.as('admin').get(`/sessions/${session_id}/resolve-budget`);
        expect(budget.body).toMatchObject({ resolves_used: 1 });
      },
      { files: some(1) },
    ),
  );

  it(
    "accepts ids as the Bot API marks them, and replaces a name's former channel everywhere",
    withService(
      async (service) => {
        const [one, two] = [await service.lease(), await service.lease()];
        for (const lease of [one, two]) await save(service, lease, { peers: [NEWS] }).expect(200);
        await save(service, one, { peers: [{ ...NEWS, id: -1000000000088 }] }).expect(200);
        for (const lease of [one, two]) await giveBack(service, lease);
        expect(await peerOf(service, one.session_id)).toMatchObject({ id: 88 });
        expect(await peerOf(service, two.session_id)).toBeNull();
      },
      { files: some(2) },
    ),
  );
});

describe('POST /report with a channel', () => {
  it(
    'forgets at once what Telegram refuses, and nothing else',
    withService(
      async (service) => {
        const lease = await service.lease();
        await save(service, lease, { peers: [NEWS, { ...NEWS, id: 78, username: 'other' }] }).expect(200);
        const { body } = await report(service, lease, {
          error: 'FLOOD_WAIT_5',
          method: 'x',
          channel: '@news',
        });
        expect(body.action).toBe('wait');
        await report(service, lease, { error: 'CHANNEL_INVALID' }).expect(200);
        await service
          .as('rival')
          .post('/report')
          .send({ ...lease, error: 'CHANNEL_INVALID', channel: 77 })
          .expect(409);
        const names = async () =>
          (await service.as('admin').get(`/peers?session_id=${lease.session_id}`)).body.map(
            ({ channel }: { channel: string }) => channel,
          );
        expect((await names()).sort()).toEqual(['@news', '@other']);
        await report(service, lease, { error: '400: CHANNEL_INVALID (caused by X)', channel: 77 }).expect(
          200,
        );
        expect(await names()).toEqual(['@other']);
      },
      { files: some(1) },
    ),
  );

  it(
    'lowers the budget of a session that is flooded for resolving, which is leased for what it knows',
    withService(
      async (service) => {
        const lease = await service.lease();
        const found = ['a_one', 'a_two', 'a_three', 'a_four'];
        const peers = found.map((username, at) => ({ ...NEWS, id: at + 1, username }));
        await save(service, lease, { peers }).expect(200);
        const flood = { error: 'FLOOD_WAIT_66230', method: 'contacts.ResolveUsername' };
        expect((await report(service, lease, flood)).body).toMatchObject({ action: 'swap' });
        await giveBack(service, lease);
        const budget = await service.as('admin').get(`/sessions/${lease.session_id}/resolve-budget`);
        expect(budget.body).toMatchObject({ resolves_per_day: 3, resolves_left: 0 });
        const none = await service.as('worker').get('/session?channel=@new_name').expect(503);
        expect(none.body.detail).toMatchObject({ error: 'resolve_budget', next_resolve_in: 66_230 });
        expect(await service.lease('channel=@a_three')).toMatchObject({ peer: { id: 3 } });
      },
      { files: some(1) },
    ),
  );
});

describe('GET /peers', () => {
  it(
    'shows which sessions know a channel and what they may still resolve; hashes only to admins',
    withService(
      async (service) => {
        for (let at = 0; at < 2; at += 1) {
          const lease = await service.lease();
          await save(service, lease, { peers: [NEWS] }).expect(200);
        }
        const path = '/peers?channel=t.me/news&limit=1';
        const seen = await service.as('monitor').get(path).expect(200);
        expect(seen.headers['x-total-count']).toBe('2');
        expect(seen.body).toEqual([
          {
            ...{ session_id: 1, session_name: 's001', channel: '@news', used_at: '2025-03-01T12:00:00.000Z' },
            ...{ id: 77, access_hash: null, type: 'channel', username: 'News', title: 'The news' },
            resolves_left: 149,
          },
        ]);
        const response = await fetch(`${service.url}${path}`, { headers: { 'X-API-Key': KEYS.admin } });
        expect(await response.text()).toContain('"access_hash":123456789012345678');
        expect((await service.as('admin').get('/peers?channel=77&session_id=2')).body).toHaveLength(1);
        await service.as('admin').get('/peers').expect(422);
        await service.as('worker').get(path).expect(403);
        await service.as('monitor').get('/sessions/99/resolve-budget').expect(404);
      },
      { files: some(2) },
    ),
  );

  it(
    'shows a key that is limited to tags only the sessions that have them',
    withService(
      async (service) => {
        for (let at = 0; at < 2; at += 1)
          await save(service, await service.lease(), { peers: [NEWS] }).expect(200);
        const admin = service.as('admin');
        await admin
          .put('/sessions/2')
          .send({ tags: ['eu'] })
          .expect(200);
        const made = await admin.post('/keys').send({ name: 'eu', role: 'monitor', tags: ['eu'] });
        const get = async (path: string) => {
          const response = await fetch(`${service.url}${path}`, { headers: { 'X-API-Key': made.body.key } });
          return { status: response.status, body: await response.json() };
        };
        expect((await get('/peers?channel=@news')).body).toMatchObject([{ session_id: 2 }]);
        expect((await get('/sessions/1/resolve-budget')).status).toBe(404);
        expect((await get('/sessions/2/resolve-budget')).status).toBe(200);
      },
      { files: some(2) },
    ),
  );
});
