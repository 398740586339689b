import { describe, expect, it } from '@jest/globals';
import { type Service, type ServiceOptions, some, withService } from '../service/service.js';

const OPTIONS: ServiceOptions = {
  files: some(1),
  settings: { NAS_ROOT: '/nas', S3_BUCKET: 'scraped' },
};

function make(service: Service, path: string, body: object) {
  return service.as('admin').post(path).send(body);
}

const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);

/** The defaults of a source. */
const UNSAID = {
  ...{ id: expect.any(Number), channel_title: null, target_path: null, session_ref: null, session_id: null },
  ...{ session_name: null, api_id: null, file_types: null, schedule: null, is_active: 'active' },
  ...{ created_at: moment, updated_at: moment, last_scraped_at: null },
  ...{ total_messages_scraped: 0, total_files_downloaded: 0 },
  deployment: null,
  last_run: expect.objectContaining({ id: expect.any(Number), state: expect.any(String), error: null }),
};

describe('a new source', () => {
  it(
    'of any kind has every field of the contract, and its first run',
    withService(async (service) => {
      const said = { name: 'Euronews English', identifier: '@euronews_eng', channel_title: 'Euronews' };
      const kind = { access_level: 'public', target: 'LOCAL', session_ref: null };
      const { body } = await make(service, '/sources/', { ...said, ...kind }).expect(200);
      expect(body).toEqual({ ...UNSAID, ...said, ...kind });
      const runs = await service.as('monitor').get(`/sources/${body.id}/runs`).expect(200);
      expect(runs.body).toEqual([expect.objectContaining({ id: body.last_run.id, reason: 'created' })]);
      expect((await service.as('monitor').get(`/sources/${body.id}`).expect(200)).body).toEqual(body);
    }, OPTIONS),
  );

  it(
    'that is private names its session by either field, and its channel by a 64-bit id, digit for digit',
    withService(async (service) => {
      const said = {
        name: 'Private',
        target: 'NAS',
        target_path: '/nas/tech/pdf',
        file_types: ['.PDF', ' zip '],
      };
      const whole = `{"channel_id": 9007199254740993, "session_id": 1, ${JSON.stringify(said).slice(1)}`;
      const { body } = await service
        .as('admin')
        .post('/sources/private')
        .type('json')
        .send(whole)
        .expect(200);
      expect(body).toEqual({
        ...{ ...UNSAID, ...said, identifier: '9007199254740993', access_level: 'private' },
        ...{ session_id: 1, session_ref: 1, session_name: 's001' },
        ...{ target_path: 'tech/pdf', file_types: ['pdf', 'zip'] },
      });
      const other = { ...said, channel_id: '-1001234567890', session_ref: '1', target_path: 'other' };
      const again = await make(service, '/api/v1/sources/private/', other).expect(200);
      expect(again.body).toMatchObject({ identifier: '1234567890', session_id: 1 });
    }, OPTIONS),
  );

  it(
    'that is public accepts a name or a link, numbers as text, a bot, and a schedule',
    withService(async (service) => {
      const said = {
        name: 'Tech',
        channel_username: 'https://t.me/s/technews',
        target: 'S3',
        file_types: [],
      };
      const secrets = { api_id: '12345678', api_hash: 'abc123', bot_token: '1:secret-of-the-bot' };
      const schedule = { schedule: ' 0 0  * * * ', target_path: '/a key/of+any?kind/' };
      const { body, text } = await make(service, '/sources/public', { ...said, ...secrets, ...schedule });
      expect(body).toEqual({
        ...{ ...UNSAID, name: 'Tech', identifier: '@technews', access_level: 'public', target: 'S3' },
        ...{ api_id: 12345678, file_types: [], schedule: '0 0 * * *', target_path: 'a key/of+any?kind' },
      });
      for (const secret of ['abc123', 'secret-of-the-bot']) expect(text).not.toContain(secret);
      await service.stop();
      const kept = await service.kept();
      expect(kept).toContain('technews');
      for (const secret of ['abc123', 'secret-of-the-bot']) expect(kept).not.toContain(secret);
    }, OPTIONS),
  );

  it(
    'can be sent as a form',
    withService(async (service) => {
      const form = 'name=N&channel_username=technews&target=LOCAL&file_types=pdf,zip&is_active=false';
      const { body } = await service.as('admin').post('/sources/public').type('form').send(form).expect(200);
      expect(body).toMatchObject({ file_types: ['pdf', 'zip'], is_active: 'inactive' });
    }),
  );

  it(
    'that is paused has no first run until it is triggered',
    withService(async (service) => {
      const said = { name: 'Paused', channel_username: 'technews', target: 'LOCAL', is_active: false };
      const { body } = await make(service, '/sources/public', said).expect(200);
      expect(body).toMatchObject({ is_active: 'inactive', last_run: null });
    }),
  );

  it(
    'may have any name',
    withService(async (service) => {
      for (const name of ['Новости 日本 🗞️', '🗞'.repeat(200), "'; DROP TABLE sources; --", ' x ', '‮txt']) {
        const said = { name, channel_username: 'technews', target: 'LOCAL', channel_title: name };
        expect((await make(service, '/sources/public', said).expect(200)).body).toMatchObject({ name });
      }
    }),
  );
});

describe('the list of sources', () => {
  it(
    'is by id, a page at a time, each with its newest run',
    withService(async (service) => {
      for (const name of ['one', 'two', 'three'])
        await make(service, '/sources/public', { name, channel_username: `ch_${name}`, target: 'LOCAL' });
      const names = async (query: string) => {
        const { body } = await service.as('monitor').get(`/sources/${query}`).expect(200);
        return body.map(({ name, last_run }: { name: string; last_run: { id: number } }) => [
          name,
          last_run.id,
        ]);
      };
      const all = await names('');
      expect(all.map(([name]: [string]) => name)).toEqual(['one', 'two', 'three']);
      expect(new Set(all.map(([, run]: [string, number]) => run)).size).toBe(3);
      expect(await names('?skip=1&limit=1')).toEqual([all[1]]);
      for (const query of ['?limit=0', '?limit=1001', '?skip=-1', '?skip=x'])
        await service.as('monitor').get(`/sources${query}`).expect(422);
    }),
  );
});
