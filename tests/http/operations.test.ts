import { renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';
import { listen } from './listener.js';

/** When and how much was written, according to the database's files. */
function written({ dataDir }: Service): object[] {
  return ['', '-wal'].map((ending) => {
    const { size, mtimeNs } = statSync(join(dataDir, `telegate.db${ending}`), { bigint: true });
    return { size, mtimeNs };
  });
}

describe('GET /health', () => {
  it(
    'says that the process is alive, to anyone',
    withService(async (service) => {
      expect((await service.as(null).get('/health').expect(200)).body).toEqual({ status: 'ok' });
    }),
  );
});

describe('GET /ready', () => {
  it(
    'is 200 when the database and the sessions directory are available',
    withService(async (service) => {
      const { body } = await service.as(null).get('/ready').expect(200);
      expect(body).toMatchObject({ status: 'ready', checks: { database: 'ok', sessions_directory: 'ok' } });
    }),
  );

  it(
    'is 503 with the reason while the sessions directory is gone, and 200 when it is back',
    withService(async (service) => {
      renameSync(service.sessionsDir, `${service.sessionsDir}.away`);
      const away = await service.as(null).get('/ready').expect(503);
      expect(away.body.detail).toMatchObject({
        error: 'not_ready',
        reasons: { sessions_directory: expect.stringContaining('ENOENT') },
      });
      expect(away.text).not.toContain('/');
      expect(Object.keys(away.body.detail.reasons)).toEqual(['sessions_directory']);
      renameSync(`${service.sessionsDir}.away`, service.sessionsDir);
      await service.as(null).get('/ready').expect(200);
    }),
  );

  it(
    'is 503 with the reason when the database does not answer',
    withService(async (service) => {
      await service.container.database.close();
      const { body } = await service.as(null).get('/ready').expect(503);
      expect(body.detail.reasons.database).toEqual(expect.any(String));
    }),
  );

  it(
    'writes nothing, however often it is called',
    withService(
      async (service) => {
        const before = written(service);
        for (let asked = 0; asked < 20; asked += 1) {
          await service.time.advance(1);
          await service.as(null).get('/ready').expect(200);
        }
        expect(written(service)).toEqual(before);
        await service.time.advance(1);
        await service.container.database.touch();
        expect(written(service)).not.toEqual(before);
      },
      { database: 'sqlite' },
    ),
  );
});

describe('GET /metrics', () => {
  it(
    'counts sessions by state, events, waiting requests, and requests by route',
    withService(
      async (service) => {
        const { session_id } = await service.lease();
        await service.as('worker').post('/release').send({ session_id });
        await service.lease();
        const answer = await service.as('monitor').get('/metrics').expect(200);
        expect(answer.headers['content-type']).toMatch(/^text\/plain/);
        const lines = answer.text.split('\n');
        expect(lines).toContain('telegate_sessions{state="free"} 2');
        expect(lines).toContain('telegate_sessions{state="leased"} 1');
        expect(lines).toContain('telegate_acquire_queue_length 0');
        expect(lines).toContain('telegate_session_events_total{event="leased"} 2');
        expect(answer.text).toMatch(/_count\{method="GET",route="\/session",status="200"\} 2/);
      },
      { files: some(3) },
    ),
  );

  it(
    'counts flood waits by method: those that are usual by their names, all others together',
    withService(
      async (service) => {
        const flood = async (body: object) => {
          const { session_id, lease_id } = await service.lease();
          const call = { session_id, lease_id, ...body };
          await service.as('worker').post('/report').send(call).expect(200);
          await service.as('worker').post('/release').send({ session_id, lease_id });
        };
        await flood({ error: 'FLOOD_WAIT_30' });
        await flood({ error: 'FLOOD_WAIT_60', method: 'messages.GetHistory' });
        await flood({ error: 'FLOOD_WAIT_5', method: 'a_name.of_my_own' });
        const lines = (await service.as('monitor').get('/metrics').expect(200)).text.split('\n');
        expect(lines).toContain('telegate_flood_waits_total{method="all"} 1');
        expect(lines).toContain('telegate_flood_waits_total{method="messages.getHistory"} 1');
        expect(lines).toContain('telegate_flood_wait_seconds_total{method="messages.getHistory"} 60');
        expect(lines).toContain('telegate_flood_waits_total{method="other"} 1');
        expect(lines).toContain('telegate_flood_waits_total{method="upload.getFile"} 0');
        expect(lines).toContain('telegate_sessions_method_flooded 2');
        expect(lines.join()).not.toContain('of_my_own');
      },
      { files: some(3) },
    ),
  );

  it(
    'says when the files were last synced, by the clock on the wall, and whether they are there',
    withService(async (service) => {
      const read = async (name: string) => {
        const { text } = await service.as('monitor').get('/metrics').expect(200);
        return new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1];
      };
      expect(Number(await read('telegate_last_sync_timestamp_seconds'))).toBe(service.time.wall() / 1000);
      await service.time.advance(600);
      await service.as('admin').post('/sync').expect(200);
      expect(Number(await read('telegate_last_sync_timestamp_seconds'))).toBe(service.time.wall() / 1000);
      expect(await read('telegate_sessions_directory_up')).toBe('1');
      renameSync(service.sessionsDir, `${service.sessionsDir}.away`);
      await service.as('admin').post('/sync').expect(500);
      expect(await read('telegate_sessions_directory_up')).toBe('0');
      renameSync(`${service.sessionsDir}.away`, service.sessionsDir);
    }),
  );

  it(
    'knows how much space is left, and is answered while the database is away',
    withService(async (service) => {
      const read = async () => (await service.as('monitor').get('/metrics').expect(200)).text;
      const before = await read();
      expect(before).toContain('telegate_database_up 1');
      expect(before).toMatch(/^telegate_disk_free_bytes\{directory="data"\} [\de.+]+$/m);
      expect(before).toMatch(/^telegate_disk_size_bytes\{directory="sessions"\} [\de.+]+$/m);
      await service.container.database.close();
      const away = await read();
      expect(away).toContain('telegate_database_up 0');
      expect(away).not.toMatch(/^telegate_sessions\{/m);
      expect(away).toContain('telegate_acquire_queue_length 0');
    }),
  );

  it(
    'has no label that a caller controls: unknown paths are one route',
    withService(async (service) => {
      for (const path of ['/a1', '/b2', '/sessions/1/history', '/sessions/2/history'])
        await service.as('monitor').get(path);
      const { text } = await service.as('monitor').get('/metrics');
      expect(text).not.toContain('/a1');
      expect(text).toContain('route="/sessions/:id/history"');
    }),
  );
});

describe('GET /events', () => {
  it(
    'starts with the status, then sends session events, and the status again once a second',
    withService(
      async (service) => {
        const listener = await listen(service);
        await until(() => listener.heard().includes('"free":1'));
        await service.lease();
        await until(() => listener.heard().includes('"event":"leased"'));
        await service.time.advance(1);
        await until(() => listener.heard().includes('"in_use":1'));
        const kinds = listener.heard().match(/^event: \w+/gm);
        expect(kinds).toEqual(['event: status', 'event: session', 'event: status']);
        service.write('new.session');
        await service.as('admin').post('/sync').expect(200);
        await until(() => listener.heard().includes('"event":"added"'));
        listener.close();
      },
      { files: some(1) },
    ),
  );

  it(
    'keeps an idle stream alive, and ends it when the service stops',
    withService(async (service) => {
      const listener = await listen(service);
      await service.time.advance(16);
      await until(() => listener.heard().endsWith('event: heartbeat\ndata: {}\n\n'));
      service.container.quiesce();
      await listener.ended;
    }),
  );
});
