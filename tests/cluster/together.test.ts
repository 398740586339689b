import { expect, it } from '@jest/globals';
import { hold, release } from '../pool/holding.js';
import { until } from '../service/manual_time.js';
import { KEYS, type Service, some } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { withReplicas } from './services.js';

const describe = await describeWithServer();

type Three = readonly [Service, Service, Service];

function three(test: (replicas: Three) => Promise<void>, files = 3): () => Promise<void> {
  return withReplicas(3, (replicas) => test(replicas as unknown as Three), { files: some(files) });
}

function withKey(service: Service, key: string) {
  return service.as(null).get('/status').set('X-API-Key', key);
}

describe('three replicas on one database', () => {
  it(
    'are one pool: leased at one, renewed at another, released at the third',
    three(async ([one, two, other]) => {
      const { session_id, lease_id } = await one.lease('ttl=60');
      const renewed = await two
        .as('worker')
        .post('/heartbeat')
        .send({ session_id, lease_id, ttl: 600 })
        .expect(200);
      const left = Date.parse(renewed.body.expires_at) - one.container.clock.now();
      expect(left).toBeGreaterThan(590_000);
      expect(left).toBeLessThanOrEqual(600_000);
      for (const replica of [one, two, other])
        expect(await replica.status()).toMatchObject({ in_use: 1, free: 2 });
      await other.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
      for (const replica of [one, two, other])
        expect(await replica.status()).toMatchObject({ in_use: 0, free: 3 });
    }),
  );

  it(
    'follow one clock, the database\u2019s',
    three(async (replicas) => {
      for (let round = 0; round < 20; round += 1) {
        const before = replicas[0].container.clock.now();
        const between = replicas.map(({ container }) => container.clock.now());
        for (const now of between) expect(Math.abs(now - before)).toBeLessThan(50);
      }
    }),
  );

  it(
    'list who waits at any of them, first come first',
    three(async ([one, two, other]) => {
      const { session_id } = await one.lease();
      const order: string[] = [];
      const first = hold(two, 'wait=60&method=messages.getHistory', 'first', order);
      await until(async () => (await other.status()).waiting === 1);
      const second = hold(other, 'wait=60&method=messages.search', 'second', order);
      await until(async () => (await one.status()).waiting === 2 && (await two.status()).waiting === 2);
      for (const [replica, here] of [
        [one, 0],
        [two, 1],
        [other, 1],
      ] as const) {
        const { body } = await replica.as('monitor').get('/status/waiting').expect(200);
        expect(body).toMatchObject({ here, elsewhere: 2 - here });
        const methods = body.requests.map(({ method }: { readonly method: string }) => method);
        expect(methods).toEqual(['messages.gethistory', 'messages.search']);
      }
      // Requests for different methods race between replicas.
      await release(one, session_id);
      await Promise.race([first, second]);
      await release(one, session_id);
      for (const served of [first, second]) expect((await served).status).toBe(200);
    }, 1),
  );

  it(
    'serve a request waiting at one when a session is released at another, and count waiting requests everywhere',
    three(async ([one, two, other]) => {
      const { session_id } = await one.lease();
      const held = hold(two, 'wait=60', 'held', []);
      await until(async () => (await other.status()).waiting === 1);
      await release(other, session_id);
      expect((await held).body.session_id).toBe(session_id);
      await until(async () => (await other.status()).waiting === 0);
    }, 1),
  );

  it(
    'give the same lease for one idempotency key, whichever is asked',
    three(async (replicas) => {
      const ask = (replica: Service) =>
        replica.as('worker').get('/session').set('Idempotency-Key', 'once').expect(200);
      const answers = await Promise.all(replicas.map(ask));
      expect(new Set(answers.map(({ body }) => body.lease_id)).size).toBe(1);
      expect(await replicas[0].status()).toMatchObject({ in_use: 1 });
    }),
  );

  it(
    'accept a new key at once, and reject a revoked one as soon as it is announced',
    three(async ([one, two, other]) => {
      const made = await one.as('admin').post('/keys').send({ name: 'new', role: 'monitor' });
      const { id, key } = made.body;
      for (const replica of [one, two, other]) await withKey(replica, key).expect(200);
      await two.as('admin').delete(`/keys/${id}`).expect(200);
      await withKey(two, key).expect(403);
      for (const replica of [one, other])
        await until(async () => (await withKey(replica, key)).status === 403);
    }),
  );

  it(
    'slow a guesser of keys down together',
    three(async (replicas) => {
      for (let guess = 0; guess < 10; guess += 1) {
        await withKey(replicas[guess % 3] as Service, `guess-${guess}`).expect(403);
      }
      for (const replica of replicas) {
        const refused = await withKey(replica, 'one-more').expect(429);
        expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
        await withKey(replica, KEYS.monitor).expect(200);
      }
    }),
  );

  it(
    'send events of the others to listeners at one',
    three(async ([one, two, other]) => {
      const heard = await listen(other);
      const { session_id } = await two.lease();
      await until(() => heard.text.includes('"event":"leased"'));
      expect(heard.text).toContain(`"session_id":${session_id}`);
      one.write('late.session');
      await two.as('admin').post('/sync').expect(200);
      await until(() => /event: sync\ndata: .*"new_sessions":1/.test(heard.text));
      heard.stop();
    }),
  );
});

describe('replicas that start at once on an empty database', () => {
  it(
    'create one first admin key between them',
    withReplicas(
      3,
      async (replicas) => {
        const made = await Promise.all(replicas.map(({ container }) => container.createFirstKey()));
        const keys = made.filter((key) => key !== null);
        expect(keys).toHaveLength(1);
        for (const replica of replicas) await withKey(replica, keys[0] ?? '').expect(200);
      },
      { settings: { API_KEYS: '' } },
    ),
  );
});

/** The events that a replica sends to listeners, as they arrive. */
async function listen(service: Service): Promise<{ text: string; stop(): void }> {
  const ends = new AbortController();
  const answer = await fetch(`${service.url}/events`, {
    headers: { 'X-API-Key': KEYS.monitor },
    signal: ends.signal,
  });
  const heard = { text: '', stop: () => ends.abort() };
  const read = async () => {
    for await (const chunk of answer.body ?? []) heard.text += Buffer.from(chunk).toString();
  };
  void read().catch(() => undefined);
  return heard;
}
