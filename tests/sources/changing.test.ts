import { describe, expect, it } from '@jest/globals';
import { SOURCE_API_HASH, SOURCE_BOT_TOKEN, Vault } from '../../src/access/vault.js';
import { type Service, type ServiceOptions, some, withService } from '../service/service.js';
import { seedProgress, seedRun, seedSource } from './seeding.js';

const OPTIONS: ServiceOptions = { files: some(2), settings: { NAS_ROOT: '/nas', S3_BUCKET: 'scraped' } };

function put(service: Service, id: number, body: object) {
  return service.as('admin').put(`/sources/${id}`).send(body);
}

describe('a source that is changed', () => {
  it(
    'accepts each field by each of its names, and keeps the others',
    withService(async (service) => {
      const { id } = await seedSource(service);
      const changes: readonly (readonly [object, object])[] = [
        [{ name: 'Другое' }, {}],
        [{ identifier: 't.me/other_channel' }, { identifier: '@other_channel' }],
        [{ channel_username: 'third_one' }, { channel_username: undefined, identifier: '@third_one' }],
        [{ channel_id: '-1001234567890' }, { channel_id: undefined, identifier: '1234567890' }],
        [{ channel_title: 'Title' }, {}],
        [{ target: 'NAS', target_path: '/nas/x' }, { target_path: 'x' }],
        [{ target_path: '' }, { target_path: null }],
        [
          { session_ref: 1, access_level: 'private' },
          { session_id: 1, session_name: 's001' },
        ],
        [{ session_id: 2 }, { session_ref: 2, session_name: 's002' }],
        [
          { access_level: 'public', session_id: '' },
          { session_id: null, session_ref: null, session_name: null },
        ],
        [{ file_types: ['PDF', 'pdf'] }, { file_types: ['pdf'] }],
        [{ file_types: '' }, { file_types: null }],
        [{ schedule: '0 0 * * *' }, {}],
        [{ schedule: '' }, { schedule: null }],
        [{ is_active: false }, { is_active: 'inactive' }],
        [{ is_active: 'active' }, {}],
        [{ api_id: 5 }, {}],
        [{ channel_title: '' }, { channel_title: null }],
        [{ api_id: '' }, { api_id: null }],
        [{}, {}],
      ];
      let { body: before } = await service.as('admin').get(`/sources/${id}`);
      for (const [change, shown] of changes) {
        await service.time.advance(1);
        const { body } = await put(service, id, change).expect(200);
        const expected = { ...before, ...change, ...shown, updated_at: expect.any(String) };
        expect(body).toEqual(withoutUndefined(expected));
        expect(Date.parse(body.updated_at)).toBeGreaterThan(Date.parse(before.updated_at));
        before = body;
      }
      expect((await service.as('admin').get(`/sources/${id}`)).body).toEqual(before);
    }, OPTIONS),
  );

  it(
    'keeps what is null in the change',
    withService(async (service) => {
      const whole = {
        schedule: '0 0 * * *',
        sessionId: 1,
        fileTypes: ['pdf'],
        channelTitle: 'Title',
        apiId: 5,
      };
      const { id } = await seedSource(service, { ...whole, targetPath: 'x', accessLevel: 'private' });
      const { body } = await service.as('admin').get(`/sources/${id}`);
      const nothing = Object.fromEntries(Object.keys(body).map((field) => [field, null]));
      const answer = await put(service, id, nothing).expect(200);
      expect(answer.body).toEqual({ ...body, updated_at: expect.any(String) });
    }, OPTIONS),
  );

  it(
    'can be sent back as received',
    withService(async (service) => {
      const { id } = await seedSource(service, { schedule: '0 0 * * *', sessionId: 1, fileTypes: ['pdf'] });
      const { body } = await service.as('admin').get(`/sources/${id}`);
      const answer = await put(service, id, body).expect(200);
      expect(answer.body).toEqual({ ...body, updated_at: expect.any(String) });
    }, OPTIONS),
  );

  it(
    'keeps its secrets encrypted, each bound to its field',
    withService(async (service) => {
      const { id } = await seedSource(service);
      await put(service, id, { api_hash: 'hash-1', bot_token: '1:token' }).expect(200);
      const { sources } = service.container.database;
      const kept = await sources.source(id);
      const vault = new Vault([Buffer.alloc(32, 7)]);
      expect(await vault.decrypt(kept?.apiHash ?? '', SOURCE_API_HASH)).toBe('hash-1');
      expect(await vault.decrypt(kept?.botToken ?? '', SOURCE_BOT_TOKEN)).toBe('1:token');
      await put(service, id, { name: 'other', api_hash: null, bot_token: null }).expect(200);
      expect(await sources.source(id)).toMatchObject({ apiHash: kept?.apiHash, botToken: kept?.botToken });
      await put(service, id, { api_hash: '', bot_token: '' }).expect(200);
      expect(await sources.source(id)).toMatchObject({ apiHash: null, botToken: null });
    }, OPTIONS),
  );

  it(
    'stays with its channel once messages of it are stored, or while it is read',
    withService(async (service) => {
      const { id } = await seedSource(service);
      const { id: queued } = await seedRun(service, id);
      await put(service, id, { identifier: '@not_begun' }).expect(200);
      await service.as('admin').post(`/runs/${queued}/cancel`).expect(200);
      const { id: going } = await seedProgress(service, id, 'somebody');
      const other = { identifier: '@other_channel' };
      const progress = await put(service, id, other).expect(409);
      expect(progress.body.detail).toMatchObject({ error: 'run_in_progress', run_id: going });
      const { runs } = service.container.database;
      await runs.finish(going, 'somebody', 'completed', null, service.container.clock.now());
      const stored = await put(service, id, other).expect(409);
      expect(stored.body.detail).toMatchObject({ error: 'source_has_messages', source_id: id });
      const { body } = await put(service, id, { identifier: 't.me/not_begun', name: 'x' }).expect(200);
      expect(body).toMatchObject({ identifier: '@not_begun', name: 'x', total_messages_scraped: 20 });
    }, OPTIONS),
  );

  it(
    'must exist',
    withService(async (service) => {
      const gone = { detail: 'Source not found', code: 'source_not_found' };
      expect((await put(service, 9, { name: 'x' }).expect(404)).body).toEqual(gone);
      for (const path of ['/sources/9', '/sources/9/runs', '/flows/sources/9/runs'])
        expect((await service.as('admin').get(path).expect(404)).body).toEqual(gone);
      expect((await service.as('admin').delete('/sources/9').expect(404)).body).toEqual(gone);
      expect((await service.as('admin').post('/sources/9/trigger').expect(404)).body).toEqual(gone);
      for (const id of ['0', '-1', 'x', '9223372036854775808'])
        await service.as('admin').get(`/sources/${id}`).expect(422);
    }),
  );
});

describe('a source that is deleted', () => {
  it(
    'is deleted with its runs, and its session can be deleted too',
    withService(async (service) => {
      const { id } = await seedSource(service, { accessLevel: 'private', sessionId: 1 });
      const run = await seedProgress(service, id, 'somebody');
      const answer = await service.as('admin').delete(`/sources/${id}/`).expect(200);
      expect(answer.body).toEqual({ message: 'Source deleted successfully', id });
      await service.as('admin').get(`/sources/${id}`).expect(404);
      await service.as('admin').get(`/runs/${run.id}`).expect(404);
      const { runs } = service.container.database;
      expect(await runs.renew(run.id, 'somebody', service.container.clock.now() + 1000)).toBeNull();
      await service.as('admin').delete('/sessions/1').expect(200);
    }, OPTIONS),
  );
});

function withoutUndefined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
