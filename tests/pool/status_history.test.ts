import { describe, expect, it } from '@jest/globals';
import type { PoolSample } from '../../src/pool/monitoring_store.js';
import { gathered, samplesFor, usualStep } from '../../src/pool/status_history.js';
import { until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('the step of a chart', () => {
  it.each([
    [HOUR, 60],
    [6 * HOUR, 300],
    [DAY, 900],
    [7 * DAY, 3600],
    [30 * DAY, 14_400],
    [365 * DAY, 2 * 86_400],
  ])('suits the time that it shows: %d ms in steps of %d s', (span, step) => {
    expect(usualStep(span)).toBe(step);
  });

  it('is made of minutes while they are kept, and of hours if these are enough', () => {
    expect(samplesFor(60, 0, DAY)).toBe(60);
    expect(samplesFor(900, 0, 7 * DAY)).toBe(60);
    expect(samplesFor(900, 0, 8 * DAY)).toBe(3600);
    expect(samplesFor(3600, 0, DAY)).toBe(3600);
    expect(samplesFor(86_400, 0, DAY)).toBe(3600);
  });
});

describe('samples in longer steps', () => {
  const sample = (at: number, free: number | null, over: Partial<PoolSample> = {}): PoolSample => ({
    at,
    counts: free === null ? null : { free, inUse: 1, inFloodwait: 0, unavailable: 0, waiting: 2 },
    ...{ leases: 1, releases: 0, floods: 0, granted: 1, refused: 0, waitedMs: 10, longestWaitMs: at },
    ...over,
  });

  it('are means of the counts and sums of the rest; a step without samples is left out', () => {
    const found = gathered([sample(0, 2), sample(1, null), sample(2, 4), sample(20, 9)], 10);
    expect(found).toEqual([
      {
        at: 0,
        counts: { free: 3, inUse: 1, inFloodwait: 0, unavailable: 0, waiting: 2 },
        ...{ leases: 3, releases: 0, floods: 0, granted: 3, refused: 0, waitedMs: 30, longestWaitMs: 2 },
      },
      expect.objectContaining({ at: 20, leases: 1 }),
    ]);
  });
});

async function points(service: Service, query = '') {
  const { body } = await service.as('monitor').get(`/status/history?${query}`).expect(200);
  return body.points;
}

describe('GET /status/history', () => {
  it(
    'has a point for each minute: the sessions by state, leases, releases, floods and waits',
    withService(
      async (service) => {
        expect(await points(service)).toEqual([]);
        const { session_id, lease_id } = await service.lease();
        await service.lease();
        await service.as('worker').get('/session').expect(503);
        const flood = { session_id, lease_id, flood_wait: 900 };
        await service.as('worker').post('/release').send(flood).expect(200);
        const minute = new Date(Math.floor(service.time.wall() / MINUTE) * MINUTE).toISOString();
        await service.time.advance(60);
        const isTaken = ({ free }: { free: number | null }) => free !== null;
        await until(async () => (await points(service)).some(isTaken));
        const { body } = await service.as('monitor').get('/status/history').expect(200);
        expect(body.step).toBe(60);
        expect(body.points).toEqual([
          {
            at: expect.any(String),
            ...{ free: 0, in_use: 1, in_floodwait: 1, unavailable: 0, waiting: 0 },
            ...{ leases: 2, releases: 1, floods: 1, granted: 2, refused: 1 },
            mean_wait_seconds: expect.any(Number),
            longest_wait_seconds: expect.any(Number),
          },
        ]);
        expect(Math.abs(Date.parse(body.points[0].at) - Date.parse(minute))).toBeLessThanOrEqual(MINUTE);
        await until(async () => (await points(service, 'step=3600')).length > 0);
        expect(await points(service, 'step=3600')).toMatchObject([
          { free: 0, in_use: 1, leases: 2, refused: 1 },
        ]);
        const past = 'from=2024-01-01T00:00:00Z&to=2024-02-01T00:00:00Z';
        expect(await points(service, past)).toEqual([]);
      },
      { files: some(2) },
    ),
  );

  it(
    'refuses a time that does not go forward, and more points than anybody draws',
    withService(async (service) => {
      for (const [query, field] of [
        ['from=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z', 'from'],
        ['from=2025-01-01T00:00:00Z&to=2025-01-09T00:00:00Z&step=60', 'step'],
        ['step=90', 'step'],
        ['from=yesterday', 'from'],
      ]) {
        const { body } = await service.as('monitor').get(`/status/history?${query}`).expect(422);
        expect(body.detail[0].loc).toEqual(['query', field]);
      }
      await service.as('worker').get('/status/history').expect(403);
    }),
  );
});

describe('what happened and what comes next', () => {
  it(
    'is shown to monitors, newest and soonest first',
    withService(
      async (service) => {
        await service.lease('ttl=100&session_name=s001');
        await service.as('admin').post('/floodwait').send({ session_id: 2, wait_seconds: 50 }).expect(200);
        const monitor = service.as('monitor');
        const next = await monitor.get('/status/upcoming').expect(200);
        expect(next.body).toMatchObject([
          { session_id: 2, state: 'flood', method: null, seconds: 50 },
          { session_id: 1, state: 'leased', method: null, seconds: 100 },
        ]);
        expect((await monitor.get('/status/upcoming?tag=none')).body).toEqual([]);
        const happened = await monitor.get('/events/history?limit=2').expect(200);
        expect(happened.body).toMatchObject([
          { session_name: 's002', event: 'flooded' },
          { session_name: 's001', event: 'leased' },
        ]);
        const earlier = await monitor.get(`/events/history?before=${happened.body[1].id}`).expect(200);
        expect(earlier.body.map(({ event }: { event: string }) => event)).toEqual(['added', 'added']);
        await service.as('worker').get('/events/history').expect(403);
      },
      { files: some(2) },
    ),
  );
});
