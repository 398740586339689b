import { describe, expect, it } from '@jest/globals';
import { KEYS, type Service, some, withService } from '../service/service.js';

interface Entry {
  readonly action: string;
  readonly object: string | null;
}

/** The audit log, oldest first, as far as this query asks. */
async function entries(service: Service, query = ''): Promise<Entry[]> {
  const { body } = await service.as('admin').get(`/audit?${query}`).expect(200);
  return body.toReversed();
}

async function actions(service: Service): Promise<string[]> {
  return (await entries(service)).map(({ action, object }) => `${action} ${object}`);
}

/** Routes that an admin's key opens and that change nothing, though they are no GET. */
const CHANGES_NOTHING = new Set([
  'post /session',
  'post /heartbeat',
  'post /peers',
  'post /auth/sign-in',
  'post /auth/sign-out',
]);

describe('the audit log', () => {
  it(
    'records time, key, address, request, action and object',
    withService(
      async (service) => {
        await service
          .as('admin')
          .put('/sessions/1')
          .set('X-Request-Id', 'request-1')
          .send({ tags: ['x'] })
          .expect(200);
        expect(await entries(service)).toEqual([
          {
            id: expect.any(Number),
            at: new Date(service.time.wall()).toISOString(),
            key: expect.stringMatching(/^env:[0-9a-f]{12}$/),
            key_name: expect.stringMatching(/^API_KEYS /),
            address: '127.0.0.1',
            request_id: 'request-1',
            action: 'session.change',
            object: 'session:1',
            outcome: 'done',
          },
        ]);
      },
      { files: some(1) },
    ),
  );

  it(
    'records what admins do to keys, sessions, leases of others and files',
    withService(
      async (service) => {
        const admin = service.as('admin');
        const made = await admin.post('/keys').send({ name: 'k', role: 'worker' }).expect(201);
        await admin.delete(`/keys/${made.body.id}`).expect(200);
        await admin.put('/sessions/1').send({ name: 'renamed' }).expect(200);
        await admin.post('/invalidate').send({ session_id: 1 }).expect(200);
        await admin.post('/restore').send({ session_id: 1 }).expect(200);
        const { session_id } = await service.lease('session_id=2');
        await admin.post('/release').send({ session_id }).expect(200);
        await admin.post('/sync').expect(200);
        await admin.post('/sync?force=true').expect(200);
        await admin.delete('/sessions/1').expect(200);
        expect(await actions(service)).toEqual([
          `key.create key:${made.body.id}`,
          `key.revoke key:${made.body.id}`,
          'session.rename session:1',
          'session.invalidate session:1',
          'session.restore session:1',
          'session.release session:2',
          'sync null',
          'sync.force null',
          'session.delete session:1',
        ]);
      },
      { files: some(2) },
    ),
  );

  it(
    'does not record what workers do, nor what was refused',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease();
        await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
        await service.as('worker').delete('/keys/1').expect(403);
        await service.as('admin').delete('/keys/999').expect(404);
        await service.as('admin').delete('/sessions/999').expect(404);
        await service.as('admin').post('/keys').send({ role: 'worker' }).expect(422);
        expect(await entries(service)).toEqual([]);
      },
      { files: some(1) },
    ),
  );

  it(
    'never contains a secret',
    withService(
      async (service) => {
        const { body } = await service.as('admin').post('/keys').send({ name: 'k', role: 'admin' });
        await service
          .as('admin')
          .put('/sessions/1')
          .send({ proxy: 'socks5://user:proxy-password@h:1' })
          .expect(200);
        const { text } = await service.as('admin').get('/audit').expect(200);
        expect(text).not.toContain(body.key);
        expect(text).not.toContain('proxy-password');
        expect(text).not.toContain(KEYS.admin);
      },
      { files: some(1) },
    ),
  );

  it(
    'can be read by admins only, newest first, a page at a time, by action and by object',
    withService(
      async (service) => {
        for (const id of [1, 2, 1]) await service.as('admin').put(`/sessions/${id}`).send({ tags: [] });
        const page = await service.as('admin').get('/audit?skip=1&limit=1').expect(200);
        expect(page.headers['x-total-count']).toBe('3');
        expect(page.body).toMatchObject([{ object: 'session:2' }]);
        const ofOne = await service.as('admin').get('/audit?object=session:1').expect(200);
        expect([ofOne.body.length, ofOne.headers['x-total-count']]).toEqual([2, '2']);
        expect(await entries(service, 'action=session.delete')).toEqual([]);
        for (const who of ['worker', 'monitor'] as const) await service.as(who).get('/audit').expect(403);
      },
      { files: some(2) },
    ),
  );

  it(
    'deletes what is older than AUDIT_DAYS',
    withService(
      async (service) => {
        await service.as('admin').put('/sessions/1').send({ tags: [] }).expect(200);
        const { audit } = service.container.database;
        const all = { action: null, object: null };
        await audit.prune(service.container.clock.now(), 500);
        expect(await audit.count(all)).toBe(1);
        expect(await audit.prune(service.container.clock.now() + 1, 500)).toBe(1);
        expect(await audit.count(all)).toBe(0);
      },
      { files: some(1) },
    ),
  );

  it(
    'covers every route by which an admin changes something',
    withService(async (service) => {
      const { body } = await service.as(null).get('/openapi.json').expect(200);
      const lacking: string[] = [];
      for (const [path, operations] of Object.entries<Record<string, object>>(body.paths)) {
        for (const [method, operation] of Object.entries(operations)) {
          const named = `${method} ${path}`;
          if (method === 'get' || 'x-audit-action' in operation || CHANGES_NOTHING.has(named)) continue;
          lacking.push(named);
        }
      }
      expect(lacking).toEqual([]);
    }),
  );
});
