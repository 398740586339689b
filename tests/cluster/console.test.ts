import { expect, it } from '@jest/globals';
import request from 'supertest';
import { until } from '../service/manual_time.js';
import { KEYS, type Service, some } from '../service/service.js';
import { seedRun, seedSource } from '../sources/seeding.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { withReplicas } from './services.js';

const describe = await describeWithServer();

type Two = readonly [Service, Service];

function two(test: (replicas: Two) => Promise<void>, files = 2): () => Promise<void> {
  return withReplicas(2, (replicas) => test(replicas as unknown as Two), { files: some(files) });
}

const OWN = { 'Sec-Fetch-Site': 'same-origin' };

function statusOf(service: Service, cookie: string) {
  return request(service.server).get('/status').set('Cookie', cookie);
}

async function signIn(service: Service): Promise<string> {
  const signingIn = request(service.server).post('/auth/sign-in').set(OWN).send({ api_key: KEYS.admin });
  const { headers } = await signingIn.expect(200);
  return String(headers['set-cookie']).split(';')[0] ?? '';
}

describe('consoles at two replicas', () => {
  it(
    'share sign-ins: one that is ended at one replica is ended at the other, at once',
    two(async ([one, other]) => {
      const cookie = await signIn(one);
      await statusOf(other, cookie).expect(200);
      await request(one.server).post('/auth/sign-out').set(OWN).set('Cookie', cookie).expect(200);
      await statusOf(one, cookie).expect(401);
      await until(async () => (await statusOf(other, cookie)).status === 401);
    }),
  );

  it(
    'are told of what is done at the other one: keys, sources, runs and actions on many sessions',
    two(async ([one, other]) => {
      const controller = new AbortController();
      const headers = { 'X-API-Key': KEYS.admin };
      const { body } = await fetch(`${other.url}/events`, { headers, signal: controller.signal });
      let told = '';
      void (async () => {
        for await (const part of body ?? []) told += Buffer.from(part).toString();
      })().catch(() => undefined);
      await one.as('admin').post('/keys').send({ name: 'k', role: 'worker' }).expect(201);
      const { id } = await seedSource(one);
      await seedRun(one, id);
      await one
        .as('admin')
        .post('/sessions/bulk')
        .send({ ids: [1, 2], action: 'tag', tags: ['eu'] })
        .expect(200);
      for (const event of ['key', 'source', 'run', 'bulk', 'session_edit']) {
        await until(() => told.includes(`event: ${event}\n`));
      }
      expect(told).toContain('"state":"finished"');
      controller.abort();
    }),
  );
});
