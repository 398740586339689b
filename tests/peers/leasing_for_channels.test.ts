import { describe, expect, it } from '@jest/globals';
import { hold, inQueue } from '../pool/holding.js';
import { type Granted, KEYS, type Service, some, withService } from '../service/service.js';

const HASH = '-9223372036854775808';
const NEWS = { id: '1234567890123456789', access_hash: HASH, username: 'News', title: 'The news' };
const DAY_SECONDS = 86_400;

/** Posts what a worker has found; `as`: the worker. */
function save(service: Service, { session_id, lease_id }: Granted, body: object, as = 'worker' as const) {
  return service
    .as(as)
    .post('/peers')
    .send({ session_id, lease_id, ...body });
}

async function giveBack(service: Service, { session_id, lease_id }: Granted): Promise<void> {
  await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
}

/** A session that knows the news, given back. */
async function sessionWithNews(service: Service): Promise<number> {
  const lease = await service.lease();
  await save(service, lease, { peers: [NEWS], resolved: false }).expect(200);
  await giveBack(service, lease);
  return lease.session_id;
}

/** The answer's text: JSON.parse would round the ids. */
async function textOf(service: Service, path: string, who: keyof typeof KEYS = 'worker'): Promise<string> {
  const response = await fetch(`${service.url}${path}`, { headers: { 'X-API-Key': KEYS[who] } });
  expect(response.status).toBe(200);
  return response.text();
}

describe('GET /session with a channel', () => {
  it(
    'leases a session that knows it, with the peer exact to 64 bits',
    withService(
      async (service) => {
        const id = await sessionWithNews(service);
        await giveBack(service, await service.lease());
        const text = await textOf(service, '/session?channel=https://t.me/s/NEWS/15');
        const peer = `{"id":${NEWS.id},"access_hash":${HASH},"type":"channel","username":"News","title":"The news"}`;
        expect(text).toContain(`"session_id":${id},`);
        expect(text).toContain(`"peer":${peer},"peers":[${peer}]`);
      },
      { files: some(3) },
    ),
  );

  it(
    'leases one that has to resolve it, and says so, once for each channel',
    withService(
      async (service) => {
        const one = await service.lease('channel=@news');
        expect(one).toMatchObject({ peer: null, peers: [null] });
        const two = await service.lease('channel=@news&channel=777&channel=@more_news');
        expect(two).toMatchObject({ peers: [null, null, null] });
        expect(two).not.toHaveProperty('peer');
        const budgetOf = async ({ session_id }: Granted) =>
          (await service.as('monitor').get(`/sessions/${session_id}/resolve-budget`).expect(200)).body;
        expect(await budgetOf(one)).toMatchObject({ resolves_used: 1, resolves_left: 4, next_resolve_in: 0 });
        expect(await budgetOf(two)).toMatchObject({ resolves_used: 2, resolves_per_day: 5 });
        const plain = await service.lease();
        expect(plain).not.toHaveProperty('peers');
      },
      { files: some(3), settings: { RESOLVE_BUDGET_PER_DAY: '5' } },
    ),
  );

  it(
    'takes the channel from JSON as well, and refuses what is none',
    withService(
      async (service) => {
        const post = (channel: unknown) => service.as('worker').post('/session').send({ channel });
        const { body } = await post(['@news', -1001234567890]).expect(200);
        expect(body.peers).toEqual([null, null]);
        await giveBack(service, body);
        for (const wrong of ['no channel', 'https://t.me/+invite', '', ['@news', 5.5], []])
          await post(wrong).expect(422);
        const wrong = await service.as('worker').get('/session?channel=x').expect(422);
        const msg = 'expected @name, an id or a t.me link of a channel';
        expect(wrong.body.detail).toEqual([{ loc: ['query', 'channel', 0], msg, type: 'value_error' }]);
      },
      { files: some(1) },
    ),
  );

  it(
    'is refused while no free session may resolve it: resolve_budget, how much is left and when',
    withService(
      async (service) => {
        for (let at = 0; at < 2; at += 1) {
          await giveBack(service, await service.lease('channel=@news'));
          await service.time.advance(10);
        }
        const none = await service.as('worker').get('/session?channel=@news').expect(503);
        expect(none.body.detail).toMatchObject({
          ...{ error: 'resolve_budget', resolves_left: 0, next_resolve_in: DAY_SECONDS - 20 },
          in_use: 0,
        });
        expect(none.headers['retry-after']).toBe(String(DAY_SECONDS - 20));
        const { body } = await service.as('monitor').get('/metrics').expect(200);
        expect(body).toEqual({});
        const metrics = (await service.as('monitor').get('/metrics')).text;
        for (const line of [
          'telegate_affinity_total{outcome="miss"} 2',
          'telegate_affinity_total{outcome="refused"} 1',
          'telegate_resolves_total{by="lease"} 2',
          'telegate_resolves_left 0',
          'telegate_sessions_resolves_used_up 2',
        ])
          expect(metrics).toContain(`\n${line}`);
        await service.lease();
        await service.time.advance(DAY_SECONDS - 20);
        await service.lease('channel=@news');
      },
      { files: some(2), settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
  );

  it(
    'asks to come back in a second while a session that knows it is in use',
    withService(
      async (service) => {
        const id = await sessionWithNews(service);
        await service.lease(`session_id=${id}`);
        const other = await service.lease('channel=@something_else');
        await giveBack(service, other);
        const none = await service.as('rival').get('/session?channel=@news').expect(503);
        expect(none.body.detail.error).toBe('resolve_budget');
        expect(none.headers['retry-after']).toBe('1');
      },
      { files: some(2), settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
  );
});

describe('a request that waits for a channel', () => {
  it(
    'gets the session that knows it when that comes free, and no other in the meantime',
    withService(
      async (service) => {
        const id = await sessionWithNews(service);
        const knowing = await service.lease(`session_id=${id}`);
        const other = await service.lease('channel=@something_else');
        const order: string[] = [];
        const waiting = hold(service, 'channel=@news&wait=60', 'news', order);
        await inQueue(service, 1);
        await giveBack(service, other);
        const plain = await service.lease();
        expect(plain.session_id).toBe(other.session_id);
        expect(order).toEqual([]);
        await giveBack(service, knowing);
        expect((await waiting).body).toMatchObject({ session_id: id, peer: { title: 'The news' } });
      },
      { files: some(2), settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
  );

  it(
    'gets a session when a resolve is left again, without any other event',
    withService(
      async (service) => {
        await giveBack(service, await service.lease('channel=@news'));
        await service.time.advance(DAY_SECONDS - 30);
        const order: string[] = [];
        const waiting = hold(service, 'channel=@news&wait=60', 'news', order);
        await inQueue(service, 1);
        // Answered after a round in which the one before it has tried as well.
        await service.as('rival').get('/session?channel=@news').expect(503);
        await service.time.advance(29);
        expect(order).toEqual([]);
        await service.time.advance(2);
        expect((await waiting).status).toBe(200);
      },
      { files: some(1), settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
  );

  it(
    'is told of the budget when it gives up',
    withService(
      async (service) => {
        await giveBack(service, await service.lease('channel=@news'));
        const order: string[] = [];
        const waiting = hold(service, 'channel=@news&wait=5', 'news', order);
        await inQueue(service, 1);
        await service.time.advance(5);
        const { status, body } = await waiting;
        expect([status, body.detail.error]).toEqual([503, 'resolve_budget']);
      },
      { files: some(1), settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
  );
});
