import { describe, expect, it } from '@jest/globals';
import { type Service, some, withService } from '../service/service.js';
import { seedSource } from './seeding.js';

const WHOLE = { name: 'N', identifier: '@channel', access_level: 'public', target: 'LOCAL' };
const FILES = { files: some(1) };

function make(service: Service, body: object) {
  return service
    .as('admin')
    .post('/sources')
    .send({ ...WHOLE, ...body });
}

/** Expects that neither a new source nor a changed one may have this, and that the field is named. */
async function expectBad(service: Service, id: number, field: string, value: unknown): Promise<void> {
  for (const answer of [
    await make(service, { [field]: value }),
    await service
      .as('admin')
      .put(`/sources/${id}`)
      .send({ [field]: value }),
  ]) {
    expect([value, answer.status]).toEqual([value, 400]);
    expect(answer.body.detail).toMatch(new RegExp(`^${field}: `));
  }
}

const BAD: readonly (readonly [string, readonly unknown[]])[] = [
  ['schedule', ['* * * *', '60 * * * *', 'daily', '@daily', '0 0 31 2 *', '0-59999999 * * * *', 'off']],
  ['identifier', ['', '@', '@a', 'https://t.me/+AbCdEf', 'https://example.com/x', -0, 1e15 * -1, '../x']],
  [
    'target_path',
    [
      '..',
      '../out',
      'a/../../b',
      '/etc',
      '/',
      'a//b',
      './a',
      'a\u0000b',
      'a\\..\\b',
      'source-7',
      'Source-7/x',
    ],
  ],
  ['file_types', [['tar.gz'], ['*'], [''], ['../pdf'], 'a b']],
];

const MALFORMED: readonly (readonly [string, readonly unknown[]])[] = [
  ['name', ['', 'a\u0007b', 'a\nb', '\ud800', 'x'.repeat(201), 5, ['a']]],
  ['identifier', [1.5, true, {}, ['@a'], 'x'.repeat(301)]],
  ['access_level', ['secret', 5]],
  ['target', ['local', 'FTP', '']],
  ['session_ref', ['session-uuid', 0, -1, 1.5, {}]],
  ['session_id', ['session-uuid', 0, '9223372036854775808']],
  ['file_types', [[5], {}, true, [null]]],
  ['schedule', [5, {}, ['* * * * *'], 'x'.repeat(1001)]],
  ['target_path', [5, {}, 'x'.repeat(1025)]],
  ['is_active', ['paused', 5]],
  ['api_id', ['x', 0, 2 ** 31]],
  ['api_hash', [5, 'a\nb']],
  ['bot_token', [5]],
];

describe('a source', () => {
  it.each(BAD)('cannot have a bad %s, and keeps its old one', (field, values) =>
    withService(async (service) => {
      const { id } = await seedSource(service);
      const { body: before } = await service.as('admin').get(`/sources/${id}`);
      for (const value of values) await expectBad(service, id, field, value);
      expect((await service.as('admin').get('/sources')).body).toEqual([before]);
    }, FILES)(),
  );

  it.each(MALFORMED)('is rejected if %s has another type', (field, values) =>
    withService(async (service) => {
      const { id } = await seedSource(service);
      for (const value of values)
        for (const answer of [
          await make(service, { [field]: value }),
          await service
            .as('admin')
            .put(`/sources/${id}`)
            .send({ [field]: value }),
        ]) {
          expect([value, answer.status]).toEqual([value, 422]);
          expect(answer.body.detail[0].loc.slice(0, 2)).toEqual(['body', field]);
        }
    }, FILES)(),
  );

  it(
    'is not created if a required field is null, or empty text that clears nothing',
    withService(async (service) => {
      const nothing = ['name', 'access_level', 'target'].map((field) => [field, null] as const);
      const empty = ['session_ref', 'session_id', 'api_id', 'api_hash', 'bot_token'].map(
        (field) => [field, ''] as const,
      );
      for (const [field, value] of [...nothing, ...empty]) {
        const { body } = await make(service, { [field]: value }).expect(422);
        expect(body.detail[0].loc).toEqual(['body', field]);
      }
    }, FILES),
  );

  it(
    'needs the fields of its kind',
    withService(async (service) => {
      const needed = {
        '/sources': ['name', 'identifier', 'access_level', 'target'],
        '/sources/private': ['name', 'channel_id', 'target'],
        '/sources/public': ['name', 'channel_username', 'target'],
      };
      for (const [path, fields] of Object.entries(needed)) {
        const { body } = await service.as('admin').post(path).send({}).expect(422);
        const missing = body.detail.map(({ loc, type }: { loc: string[]; type: string }) => [loc[1], type]);
        expect(missing.sort()).toEqual(fields.map((field) => [field, 'missing']).sort());
      }
    }),
  );

  it(
    'that is private needs an existing session',
    withService(async (service) => {
      const required = {
        detail: 'Session required for private',
        code: 'session_required',
        field: 'session_id',
      };
      const unknown = { detail: 'Session not found', code: 'session_not_found' };
      const one = { name: 'P', channel_id: 1234567890, target: 'LOCAL' };
      for (const said of [one, { ...one, session_id: null }]) {
        const answer = await service.as('admin').post('/sources/private').send(said).expect(400);
        expect(answer.body).toEqual(required);
      }
      expect((await make(service, { access_level: 'private' }).expect(400)).body).toEqual(required);
      const { id } = await seedSource(service);
      const put = (body: object) => service.as('admin').put(`/sources/${id}`).send(body);
      expect((await put({ access_level: 'private' }).expect(400)).body).toEqual(required);
      const nobody = { access_level: 'private', session_id: 99 };
      expect((await make(service, nobody).expect(404)).body).toEqual(unknown);
      expect((await put(nobody).expect(404)).body).toEqual(unknown);
      await put({ access_level: 'private', session_id: 1 }).expect(200);
      expect((await put({ session_ref: '' }).expect(400)).body).toEqual(required);
    }, FILES),
  );

  it(
    'cannot use a target that is not configured',
    withService(async (service) => {
      const { id } = await seedSource(service);
      for (const [target, setting] of [
        ['NAS', 'NAS_ROOT'],
        ['S3', 'S3_BUCKET'],
      ]) {
        const refusal = {
          detail: expect.stringContaining(String(setting)),
          code: 'target_not_configured',
          field: 'target',
        };
        expect((await make(service, { target }).expect(400)).body).toEqual(refusal);
        const put = service.as('admin').put(`/sources/${id}`).send({ target });
        expect((await put.expect(400)).body).toEqual(refusal);
      }
    }),
  );

  it(
    'is rejected if two names of one field have different values',
    withService(async (service) => {
      const differing = { session_id: 1, session_ref: 2 };
      const { body } = await make(service, differing).expect(422);
      expect(body.detail[0].loc).toEqual(['body', 'session_ref']);
      await make(service, { session_id: 1, session_ref: 1 }).expect(200);
      await make(service, { session_id: 1, session_ref: null }).expect(200);
    }, FILES),
  );
});

const READ = ['/sources', '/sources/1', '/sources/1/runs', '/runs/1', '/runs/1/logs', '/runs/1/files'];
const CHANGING = [
  ...[
    'post /sources',
    'post /sources/private',
    'post /sources/public',
    'put /sources/1',
    'delete /sources/1',
  ],
  ...['post /sources/1/trigger', 'post /runs/1/cancel', 'post /flows/runs/1/cancel', 'post /flows/trigger/N'],
];

describe('keys', () => {
  it(
    'of workers cannot read, those of monitors can, and only admins change anything',
    withService(async (service) => {
      await service.as('admin').post('/sources').send(WHOLE).expect(200);
      for (const path of READ) {
        await service.as(null).get(path).expect(401);
        await service.as('worker').get(path).expect(403);
        await service.as('monitor').get(path).expect(200);
        if (path.includes('runs')) await service.as('monitor').get(`/flows${path}`).expect(200);
      }
      for (const route of CHANGING) {
        const [method, path] = route.split(' ') as ['post' | 'put' | 'delete', string];
        await service.as(null)[method](path).send(WHOLE).expect(401);
        for (const who of ['worker', 'monitor'] as const)
          await service.as(who)[method](path).send(WHOLE).expect(403);
      }
      expect((await service.as('monitor').get('/sources')).body).toHaveLength(1);
    }),
  );
});
