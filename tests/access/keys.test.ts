import { describe, expect, it } from '@jest/globals';
import { KEYS, type Service, some, type Who, withService } from '../service/service.js';

type Verb = 'get' | 'post' | 'put' | 'delete';

/** Who may use which route: the contract's table, route by route. */
const ROUTES: readonly [Verb, string, readonly Who[]][] = [
  ['get', '/session', ['worker', 'admin']],
  ['post', '/session', ['worker', 'admin']],
  ['post', '/heartbeat', ['worker', 'admin']],
  ['post', '/release', ['worker', 'admin']],
  ['post', '/floodwait', ['worker', 'admin']],
  ['post', '/invalidate', ['worker', 'admin']],
  ['post', '/report', ['worker', 'admin']],
  ['get', '/status', ['worker', 'monitor', 'admin']],
  ['get', '/metrics', ['monitor', 'admin']],
  ['get', '/leases', ['monitor', 'admin']],
  ['get', '/sessions', ['monitor', 'admin']],
  ['get', '/sessions/1', ['monitor', 'admin']],
  ['get', '/sessions/1/history', ['monitor', 'admin']],
  ['put', '/sessions/1', ['admin']],
  ['post', '/restore', ['admin']],
  ['post', '/sync', ['admin']],
  ['get', '/keys', ['admin']],
  ['get', '/keys/self', ['worker', 'monitor', 'admin']],
  ['post', '/keys', ['admin']],
  ['delete', '/keys/999', ['admin']],
];

describe('without a key', () => {
  it(
    'every route except the public ones answers 401, and says what is required',
    withService(async (service) => {
      for (const [verb, path] of [...ROUTES, ['get', '/events', []] as const]) {
        const answer = await service.as(null)[verb](path);
        expect([path, answer.status, answer.body]).toEqual([
          path,
          401,
          { detail: 'API key required', code: 'api_key_required' },
        ]);
      }
      for (const path of ['/health', '/ready', '/docs/', '/openapi.json'])
        await service.as(null).get(path).expect(200);
    }),
  );

  it(
    'an empty header, or one of another scheme, does not count as a key',
    withService(async (service) => {
      for (const headers of [
        { 'X-API-Key': '' },
        { Authorization: 'Basic YTpi' },
        { Authorization: 'Bearer ' },
      ]) {
        const answer = await service.as(null).get('/status').set(headers);
        expect(answer.status).toBe(401);
      }
    }),
  );
});

describe('the role of a key', () => {
  it(
    'allows exactly the routes of the table; all others answer 403 with the role needed',
    withService(
      async (service) => {
        for (const [verb, path, allowed] of ROUTES) {
          for (const who of ['worker', 'monitor', 'admin'] as const) {
            const { status, body } = await service.as(who)[verb](path);
            const passed = ![401, 403].includes(status);
            expect([path, who, passed]).toEqual([path, who, allowed.includes(who)]);
            if (!passed) expect(body.detail).toContain(`role ${allowed.join(' or ')}`);
          }
        }
      },
      { files: some(1) },
    ),
  );

  it(
    'is recognised by X-API-Key and by Authorization: Bearer',
    withService(async (service) => {
      await service.as(null).get('/status').set('Authorization', `Bearer ${KEYS.monitor}`).expect(200);
      await service.as(null).get('/status').set('Authorization', `bearer ${KEYS.monitor}`).expect(200);
    }),
  );
});

describe('an unknown key', () => {
  const guess = (service: Service, key: string) => service.as(null).get('/status').set('X-API-Key', key);

  it(
    'is refused with 403, whatever it looks like',
    withService(async (service) => {
      for (const key of [
        'x',
        `${KEYS.admin}x`,
        KEYS.admin.slice(1),
        'k'.repeat(5000),
        `${KEYS.admin}, ${KEYS.admin}`,
      ]) {
        const answer = await guess(service, key);
        expect([answer.status, answer.body]).toEqual([
          403,
          { detail: 'Invalid API key', code: 'invalid_api_key' },
        ]);
      }
    }),
  );

  it(
    'slows its address down when repeated, while valid keys pass',
    withService(async (service) => {
      const guesses = [];
      for (let turn = 0; turn < 15; turn += 1) guesses.push(await guess(service, `guess-${turn}`));
      expect(guesses.map(({ status }) => status)).toEqual([...Array(10).fill(403), ...Array(5).fill(429)]);
      const last = guesses.at(-1);
      expect(Number(last?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(last?.body.detail).toEqual(expect.any(String));
      for (const who of ['admin', 'worker', 'monitor'] as const)
        await service.as(who).get('/status').expect(200);
      await service.as(null).get('/status').expect(401);
    }),
  );
});

describe('/keys', () => {
  it(
    'creates a key that works at once, is shown once, and is stored only as a hash',
    withService(async (service) => {
      const body = { name: 'scraper 1', role: 'worker', max_leases: 2 };
      const made = await service.as('admin').post('/keys').send(body).expect(201);
      expect(made.body).toEqual({
        id: expect.any(Number),
        ...body,
        tags: [],
        expires_at: null,
        created_at: '2025-03-01T12:00:00.000Z',
        key: expect.stringMatching(/^tg_[\w-]{43}$/),
      });
      const { key, ...shown } = made.body;
      await service.as(null).get('/status').set('X-API-Key', key).expect(200);
      expect((await service.as('admin').get('/keys').expect(200)).body).toEqual([shown]);
      await service.stop();
      expect(await service.kept()).not.toContain(key);
      expect(service.log.join('\n')).not.toContain(key);
      await service.start();
      await service.as(null).get('/status').set('X-API-Key', key).expect(200);
    }),
  );

  it(
    'revokes a key at once, and confirms it once',
    withService(async (service) => {
      const { id, key } = (await service.as('admin').post('/keys').send({ name: 'n', role: 'monitor' })).body;
      const use = () => service.as(null).get('/status').set('X-API-Key', key);
      await use().expect(200);
      const revoked = await service.as('admin').delete(`/keys/${id}`).expect(200);
      expect(revoked.body).toEqual({ message: expect.any(String), id });
      expect((await use().expect(403)).body).toEqual({ detail: 'Invalid API key', code: 'invalid_api_key' });
      expect((await service.as('admin').delete(`/keys/${id}`).expect(404)).body).toEqual({
        detail: 'Key not found',
        code: 'key_not_found',
      });
      expect((await service.as('admin').get('/keys')).body).toEqual([]);
    }),
  );

  it.each([
    ['no name', { role: 'worker' }, 'name'],
    ['an empty name', { name: '', role: 'worker' }, 'name'],
    ['an unknown role', { name: 'n', role: 'root' }, 'role'],
    ['no room for a lease', { name: 'n', role: 'worker', max_leases: 0 }, 'max_leases'],
    ['half a lease', { name: 'n', role: 'worker', max_leases: 1.5 }, 'max_leases'],
  ])('refuses a key with %s', (_, body, field) =>
    withService(async (service) => {
      const answer = await service.as('admin').post('/keys').send(body).expect(422);
      expect(answer.body.detail).toMatchObject([{ loc: [expect.any(String), field] }]);
    })(),
  );
});

describe('/keys/self', () => {
  it(
    "returns each key's own role, and never a key",
    withService(async (service) => {
      const { body } = await service.as('worker').get('/keys/self').expect(200);
      expect(body).toEqual({
        name: expect.any(String),
        role: 'worker',
        max_leases: null,
        tags: [],
        expires_at: null,
        holder: expect.stringMatching(/^env:/),
      });
      expect((await service.as('monitor').get('/keys/self')).body.role).toBe('monitor');
    }),
  );
});

describe('the first admin key', () => {
  const without = { settings: { API_KEYS: '' } };

  it(
    'is created once if there is no key at all, and allows everything',
    withService(async (service) => {
      const key = await service.container.createFirstKey();
      expect(key).toMatch(/^tg_[\w-]{43}$/);
      const keys = await service.as(null).get('/keys').set('X-API-Key', String(key)).expect(200);
      expect(keys.body).toMatchObject([{ role: 'admin', max_leases: null }]);
      await service.stop();
      await service.start();
      expect(await service.container.createFirstKey()).toBeNull();
    }, without),
  );

  it(
    'is not created if API_KEYS has one',
    withService(async (service) => {
      expect(await service.container.createFirstKey()).toBeNull();
      expect((await service.as('admin').get('/keys')).body).toEqual([]);
    }),
  );
});
