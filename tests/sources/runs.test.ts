import { describe, expect, it } from '@jest/globals';
import { type Service, some, withService } from '../service/service.js';
import { seedProgress, seedRun, seedSource } from './seeding.js';

const FILES = { files: some(1) };

function trigger(service: Service, path: string) {
  return service.as('admin').post(path);
}

describe('a source that is triggered', () => {
  it(
    'queues one run for two concurrent requests, unless one is in progress',
    withService(async (service) => {
      const { id } = await seedSource(service);
      const asked = await Promise.all([1, 2].map(() => trigger(service, `/sources/${id}/trigger`)));
      const [begun, refused] = asked.sort((one, other) => one.status - other.status);
      expect([begun?.status, refused?.status]).toEqual([200, 409]);
      const { message, run_id, result } = begun?.body ?? {};
      expect(message).toBe('Run queued');
      expect(result).toMatchObject({ id: run_id, source_id: id, state: 'queued', reason: 'trigger' });
      expect(refused?.body).toEqual({
        detail: { error: 'run_in_progress', run_id, message: expect.any(String) },
        code: 'run_in_progress',
      });
    }, FILES),
  );

  it(
    'may be paused',
    withService(async (service) => {
      const { id } = await seedSource(service, { isActive: false });
      await trigger(service, `/sources/${id}/trigger/`).expect(200);
    }),
  );

  it(
    'can be given by name instead of its id, which takes precedence',
    withService(async (service) => {
      const { id } = await seedSource(service, { name: 'Новости / дня' });
      const { id: other } = await seedSource(service, { name: 'other' });
      const byName = await trigger(service, `/flows/trigger/${encodeURIComponent('Новости / дня')}`).expect(
        200,
      );
      expect(byName.body.result.source_id).toBe(id);
      const byId = await trigger(service, `/flows/trigger/any-flow?source_id=${other}`).expect(200);
      expect(byId.body.result.source_id).toBe(other);
      const gone = { detail: 'Source not found', code: 'source_not_found' };
      expect((await trigger(service, '/flows/trigger/nobody').expect(404)).body).toEqual(gone);
      expect((await trigger(service, '/flows/trigger/other?source_id=99').expect(404)).body).toEqual(gone);
      await trigger(service, '/flows/trigger/other?source_id=x').expect(422);
    }),
  );

  it.each(['sqlite', 'postgres'] as const)('is not named with control characters, on %s', (database) =>
    withService(
      async (service) => {
        const { status, body } = await trigger(service, '/flows/trigger/a%00b');
        expect(status).toBe(422);
        expect(body).toMatchObject({ detail: [{ loc: ['path', 'name'] }] });
      },
      { database },
    )(),
  );
});

describe('a run', () => {
  it(
    'shows its progress and rate',
    withService(async (service) => {
      const { id: source_id } = await seedSource(service);
      const { id } = await seedProgress(service, source_id, 'somebody');
      await service.time.advance(10);
      for (const path of [`/runs/${id}`, `/flows/runs/${id}/`, `/api/v1/runs/${id}`]) {
        const { body } = await service.as('monitor').get(path).expect(200);
        expect(body).toMatchObject({
          ...{ id, source_id, state: 'running', reason: 'trigger', error: null, finished_at: null },
          ...{ session_name: null, waiting_since: null, not_before: null, cancel_requested: false },
          ...{ limit: null, since: null, file_types: null, flow_run_id: null, total_messages: 50 },
          ...{ messages_read: 20, messages_stored: 20, files_found: 2, files_done: 1, files_skipped: 1 },
          ...{ bytes_done: 3_000_000_000, seconds: 10, messages_per_second: 2, bytes_per_second: 3e8 },
        });
        expect(Date.parse(body.started_at)).toBeGreaterThanOrEqual(Date.parse(body.created_at));
      }
      const { body } = await service.as('monitor').get(`/sources/${source_id}`).expect(200);
      expect(body.last_run).toEqual({
        ...{ id, state: 'running', started_at: expect.any(String), finished_at: null, error: null },
      });
      expect(body).toMatchObject({ total_messages_scraped: 20, total_files_downloaded: 1 });
    }),
  );

  it(
    'lists its files and its log a page at a time, and its source lists its runs newest first',
    withService(async (service) => {
      const { id: source_id, name: source_name } = await seedSource(service);
      const { id } = await seedProgress(service, source_id, 'somebody');
      const { database, clock } = service.container;
      const at = clock.now();
      await database.runs.log(id, [
        { at, level: 'info', message: 'begun' },
        { at: at + 1, level: 'warning', message: 'FLOOD_WAIT_5' },
      ]);
      const ids = { id: expect.any(Number), run_id: id, source_id, source_name };
      const rest = { ...ids, mime_type: 'application/pdf', size_bytes: 3_000_000_000, name: 'a.pdf' };
      const stored = { ...rest, message_id: 7, path: 'a/7_a.pdf', sha256: 'ab'.repeat(32), state: 'stored' };
      const skipped = { ...rest, message_id: 9, path: null, sha256: null, state: 'skipped' };
      const get = async (path: string) => (await service.as('monitor').get(path).expect(200)).body;
      for (const prefix of ['', '/flows']) {
        expect(await get(`${prefix}/runs/${id}/files`)).toEqual([
          { ...stored, reason: null },
          { ...skipped, reason: 'too large' },
        ]);
        expect(await get(`${prefix}/runs/${id}/files?skip=1`)).toEqual([{ ...skipped, reason: 'too large' }]);
        expect(await get(`${prefix}/runs/${id}/logs?limit=1`)).toEqual([
          { id: expect.any(Number), at: clock.display(at).toISOString(), level: 'info', message: 'begun' },
        ]);
        expect(await get(`${prefix}/runs/${id}/logs`)).toHaveLength(2);
      }
      await database.runs.finish(id, 'somebody', 'failed', 'CHANNEL_PRIVATE', clock.now());
      const { id: newer } = await seedRun(service, source_id);
      for (const prefix of ['', '/flows']) {
        const runs = await get(`${prefix}/sources/${source_id}/runs`);
        expect(runs.map((run: { id: number }) => run.id)).toEqual([newer, id]);
        expect(runs[1]).toMatchObject({ state: 'failed', error: 'CHANNEL_PRIVATE' });
        expect(await get(`${prefix}/sources/${source_id}/runs?limit=1`)).toHaveLength(1);
      }
    }),
  );

  it(
    'that is queued is cancelled at once, repeatedly; one in progress is asked to end',
    withService(async (service) => {
      const { id: source_id } = await seedSource(service);
      const queued = await seedRun(service, source_id);
      const cancelled = { message: 'Run cancelled', run_id: queued.id, state: 'cancelled' };
      for (const path of [`/runs/${queued.id}/cancel`, `/flows/runs/${queued.id}/cancel`])
        expect((await trigger(service, path).expect(200)).body).toMatchObject(cancelled);
      const { id } = await seedProgress(service, source_id, 'somebody');
      const asked = {
        message: 'Run is being cancelled',
        run_id: id,
        state: 'running',
        cancel_requested: true,
      };
      expect((await trigger(service, `/runs/${id}/cancel`).expect(200)).body).toMatchObject(asked);
      const { database, clock } = service.container;
      await database.runs.finish(id, 'somebody', 'completed', null, clock.now());
      const { body } = await trigger(service, `/runs/${id}/cancel`).expect(409);
      expect(body.detail).toMatchObject({ error: 'run_ended', run_id: id, state: 'completed' });
      const { body: source } = await service.as('monitor').get(`/sources/${source_id}`);
      expect(source.last_scraped_at).toEqual(source.last_run.finished_at);
    }),
  );

  it(
    'must exist',
    withService(async (service) => {
      for (const path of ['/runs/9', '/runs/9/logs', '/runs/9/files'])
        for (const prefix of ['', '/flows', '/api/v1', '/api/v1/flows']) {
          const { body } = await service.as('monitor').get(`${prefix}${path}`).expect(404);
          expect(body).toEqual({ detail: 'Run not found', code: 'run_not_found' });
        }
      expect((await trigger(service, '/runs/9/cancel').expect(404)).body).toEqual({
        detail: 'Run not found',
        code: 'run_not_found',
      });
      await service.as('monitor').get('/runs/x').expect(422);
    }),
  );
});
