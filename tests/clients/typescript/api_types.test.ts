import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { KEYS, LOGINS, RUNS, SESSIONS, SOURCES } from '../../../clients/typescript/src/endpoints.js';
import { some, withService } from '../../service/service.js';
import {
  API_TYPES,
  apiTypes,
  findGenerator,
  fingerprint,
  type OpenApiDocument,
  operationsOf,
} from './api_types_generator.js';
import { clientOf, failureOf } from './client_under_test.js';

const generator = await findGenerator();
if (!generator)
  process.stderr.write(
    'openapi-typescript is not installed: its test is skipped. Get it with: npm ci --prefix clients/typescript\n',
  );

describe("the client's types of the API", () => {
  it(
    "fit the service's own document: npm run client:types generates them",
    withService(async (service) => {
      const document: OpenApiDocument = (await service.as(null).get('/openapi.json')).body;
      expect(readFileSync(API_TYPES, 'utf8')).toContain(`Fingerprint: ${fingerprint(document)}.`);
    }),
  );

  (generator ? it : it.skip)(
    'are what openapi-typescript makes of it',
    withService(async (service) => {
      const document: OpenApiDocument = (await service.as(null).get('/openapi.json')).body;
      expect(await apiTypes(document)).toBe(readFileSync(API_TYPES, 'utf8'));
    }),
  );

  it('do not depend on wording that types do not show', async () => {
    const schema = { type: 'string', pattern: '^a', maxLength: 3 };
    const document = (answer: object) =>
      ({
        paths: {
          '/a': {
            get: {
              summary: 'A',
              responses: { 200: { description: 'x', content: { 'application/json': { schema: answer } } } },
            },
          },
        },
        components: { schemas: {} },
      }) as unknown as OpenApiDocument;
    expect(fingerprint(document(schema))).toBe(fingerprint(document({ type: 'string' })));
    expect(fingerprint(document(schema))).not.toBe(fingerprint(document({ type: 'integer' })));
  });
});

describe('the verbs', () => {
  it(
    'cover every operation of the service',
    withService(async (service) => {
      const document: OpenApiDocument = (await service.as(null).get('/openapi.json')).body;
      const { client, runtime } = clientOf(service, { who: 'admin' });
      runtime.fate = () => Response.json([]);
      const { pool } = client;
      const lease = { session_id: 1, lease_id: 'x' };
      await pool
        .acquire({ sessionId: 1 })
        .then((made) =>
          Promise.all([
            made.renew(),
            made.report('PEER_FLOOD'),
            made.savePeers([]),
            made.floodWait(1),
            made.invalidate(),
            made.release(),
          ]),
        );
      await Promise.all([pool.release(lease), pool.restore(1), pool.status(), pool.leases(), pool.sync()]);
      await Promise.all([pool.history(), pool.upcoming(), pool.waiting(), pool.peers(), client.history()]);
      await Promise.all([
        client.health(),
        client.ready(),
        client.metrics(),
        client.audit(),
        client.settings(),
      ]);
      runtime.fate = () => new Response('');
      for await (const _event of client.events()) expect(true).toBe(false);
      const direct = runtime.sent.map(({ method, path }) => `${method} ${path.split('?')[0]}`);
      const tables = [SESSIONS, LOGINS, SOURCES, RUNS, KEYS].flatMap((table) => Object.values<string>(table));
      expect(new Set([...direct, ...tables])).toEqual(new Set(operationsOf(document)));
    }),
  );

  it(
    'send what the operations take',
    withService(
      async (service) => {
        const { client, runtime } = clientOf(service, { who: 'admin' });
        const renamed = await client.sessions.update(1, { name: 'other', tags: ['a'] });
        expect(renamed).toMatchObject({ id: 1, name: 'other', tags: ['a'] });
        const listed = await client.sessions.list({ limit: 1, tag: ['a'] });
        expect([listed.length, listed.total, listed[0]?.name]).toEqual([1, 1, 'other']);
        expect(await client.sessions.get(1)).toMatchObject({ tags: ['a'] });
        expect((await client.sessions.history(1, { limit: 5 })).length).toBeGreaterThan(0);
        await client.keys.create({ name: 'one', role: 'worker' });
        const [key] = (await client.keys.list()).filter(({ name }) => name === 'one');
        await client.keys.revoke(Number(key?.id), { end_leases: true });
        await expect(client.runs.get(99)).rejects.toMatchObject({ status: 404, code: 'run_not_found' });
        await expect(client.logins.cancel('no such/login')).rejects.toMatchObject({ status: 404 });
        const created = { name: 'news', channel_username: 'x!', target: 'LOCAL' } as const;
        await expect(client.sources.createPublic(created)).rejects.toMatchObject({ status: 400 });
        expect(await client.audit({ limit: 2 })).toMatchObject({ length: 2, total: expect.any(Number) });
        expect(await client.metrics()).toContain('telegate_');
        expect(await client.pool.history({ step: 60 })).toMatchObject({
          step: 60,
          points: expect.any(Array),
        });
        expect(await client.sessions.tags({ limit: 5 })).toEqual(['a']);
        const bulk = await client.sessions.bulk({ filter: { q: 'other' }, action: 'tag', tags: ['b'] });
        expect(bulk).toMatchObject({ done: 1, failed: 0, results: [{ session_id: 1, ok: true }] });
        expect(await client.sessions.cancelBulk(bulk.bulk_id)).toMatchObject({ bulk_id: bulk.bulk_id });
        expect(await client.runs.list({ state: ['failed'] })).toMatchObject({ length: 0, total: 0 });
        expect(await client.runs.allFiles({ q: '.pdf' })).toMatchObject({ length: 0, total: 0 });
        expect(await client.pool.waiting({ limit: 5 })).toEqual({ here: 0, elsewhere: 0, requests: [] });
        expect(await client.settings()).toMatchObject({ service: { database: expect.any(String) } });
        expect(runtime.sent.map(({ path }) => path)).toContain('/sessions/temp/no%20such%2Flogin');
      },
      { files: some(2) },
    ),
  );

  it(
    'hand out files as streams',
    withService(async (service) => {
      const { client, runtime } = clientOf(service, { who: 'admin' });
      const content = '{"a": "file of JSON"}';
      runtime.fate = () => new Response(content, { headers: { 'content-type': 'application/json' } });
      expect(await new Response(await client.runs.fileContent(3, 4)).text()).toBe(content);
      expect(await new Response(await client.sources.fileContent(5, 6)).text()).toBe(content);
      expect(runtime.sent.map(({ path }) => path)).toEqual([
        '/runs/3/files/4/content',
        '/sources/5/files/6/content',
      ]);
      runtime.fate = () =>
        Response.json({ detail: 'File not found', code: 'file_not_found' }, { status: 404 });
      await expect(client.runs.fileContent(3, 4)).rejects.toMatchObject({ code: 'file_not_found' });
    }),
  );

  it(
    'upload and export session files',
    withService(
      async (service) => {
        const { client } = clientOf(service, { who: 'admin' });
        const wanted = { session_name: 'other', api_id: 12345, api_hash: '0123456789abcdef0123456789abcdef' };
        const session_file = new File(['no session'], 'other.session');
        const refused = failureOf(client.sessions.upload({ ...wanted, session_file }));
        expect(await refused).toMatchObject({ status: 400, field: 'session_file' });
        const { session_string } = await client.sessions.export(1, { format: 'gramjs' });
        expect(session_string).toMatch(/^1/);
        expect(Buffer.from(await client.exportFile(1)).toString('latin1', 0, 6)).toBe('SQLite');
      },
      { files: { 'alpha.session': readFileSync('tests/fixtures/session-files/alpha.session') } },
    ),
  );
});
