import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/kernel/logging.js';
import type { BeginOutcome } from '../../src/runs/store.js';
import { SourceSchedules } from '../../src/sources/schedules.js';
import { ToldInProcess } from '../cluster/told_in_process.js';
import { Lines } from '../logged.js';
import { until } from '../service/manual_time.js';
import { type Service, withService } from '../service/service.js';
import { seedRun, seedSource } from './seeding.js';

/** node-cron uses the machine's clock: the shortest schedule, every second, is waited for in real time. */
const EVERY_SECOND = '* * * * * *';
const NEW_YEAR = '0 0 1 1 *';

interface Follower {
  readonly schedules: SourceSchedules;
  readonly begun: number[];
  readonly log: Lines;
}

/** Schedules over the service's sources, beside its own; the runs they request are recorded, not started. */
function follow(
  { container }: Service,
  { told = new ToldInProcess(), most = 10, outcome = { kind: 'running', runId: 5 } as BeginOutcome } = {},
): Follower {
  const begun: number[] = [];
  const log = new Lines();
  const logger = createLogger({ level: 'info', stream: log });
  const begin = async (id: number) => {
    begun.push(id);
    return outcome;
  };
  const { sources: store } = container.database;
  return {
    schedules: new SourceSchedules({ store, cluster: told.join(), maxSchedules: most, logger, begin }),
    begun,
    log,
  };
}

function make(service: Service, body: object) {
  const whole = { name: 'N', channel_username: 'technews', target: 'LOCAL', ...body };
  return service.as('admin').post('/sources/public').send(whole);
}

async function runsOf(service: Service, id: number): Promise<{ id: number; reason: string }[]> {
  return (await service.as('monitor').get(`/sources/${id}/runs`).expect(200)).body;
}

describe('a source with a schedule', () => {
  it(
    'is run when it is due, once it is not paused',
    withService(async (service) => {
      const { id } = (await make(service, { schedule: EVERY_SECOND, is_active: false }).expect(200)).body;
      expect(await runsOf(service, id)).toEqual([]);
      await service.as('admin').put(`/sources/${id}`).send({ is_active: true }).expect(200);
      await until(async () => (await runsOf(service, id)).length > 0);
      expect(await runsOf(service, id)).toContainEqual(expect.objectContaining({ reason: 'schedule' }));
    }),
  );

  it(
    'is run when it is due, from the next start on',
    withService(async (service) => {
      const { id } = await seedSource(service, { schedule: EVERY_SECOND });
      await service.stop();
      await service.start();
      await until(async () => (await runsOf(service, id)).length > 0);
    }),
  );

  it(
    'whose run is still in progress is skipped, which is logged but not an error',
    withService(async (service) => {
      const { id } = await seedSource(service, { schedule: EVERY_SECOND });
      const { id: run } = await seedRun(service, id);
      await service.stop();
      await service.start();
      await until(() =>
        service.log.some((line) => line.includes('a source is due while its run is in progress')),
      );
      const [told] = service.log.filter((line) => line.includes('a source is due'));
      expect(JSON.parse(told ?? '')).toMatchObject({ level: 'info', source_id: id, run_id: run });
    }),
  );
});

describe('schedules', () => {
  it(
    'follow what is created, changed and deleted elsewhere',
    withService(async (service) => {
      const told = new ToldInProcess();
      const [here, elsewhere] = [follow(service, { told }), follow(service, { told, most: 1 })];
      const { sources } = service.container.database;
      const { id } = await seedSource(service, { schedule: NEW_YEAR });
      await here.schedules.changed(id);
      await until(() => elsewhere.schedules.full);
      await sources.edit(id, { isActive: false }, 0);
      await here.schedules.changed(id);
      await until(() => !elsewhere.schedules.full);
      await sources.edit(id, { isActive: true, schedule: EVERY_SECOND }, 0);
      await here.schedules.changed(id);
      await until(() => elsewhere.begun.includes(id));
      await sources.remove(id);
      await here.schedules.changed(id);
      await until(() => !elsewhere.schedules.full);
      here.schedules.dispose();
      elsewhere.schedules.dispose();
    }),
  );

  it(
    'that were not announced are found by the next comparison; a stale one starts nothing',
    withService(async (service) => {
      const { schedules, begun } = follow(service, { most: 1 });
      const { sources } = service.container.database;
      const { id } = await seedSource(service, { schedule: NEW_YEAR });
      await schedules.followAll();
      expect(schedules.full).toBe(true);
      await sources.edit(id, { schedule: EVERY_SECOND }, 0);
      await schedules.followAll();
      await until(() => begun.length > 0);
      await sources.edit(id, { schedule: null }, 0);
      // It is due once more, and looks before it begins.
      const before = begun.length;
      await until(() => !schedules.full);
      expect(begun.length - before).toBeLessThanOrEqual(1);
      schedules.dispose();
    }),
  );

  it(
    'are limited: no further source may have one, and none is dropped',
    withService(async (service) => {
      const { schedules, log } = follow(service, { most: 2 });
      for (let made = 0; made < 3; made += 1) await seedSource(service, { schedule: NEW_YEAR });
      await schedules.followAll();
      expect(schedules.full).toBe(true);
      expect(log.text).toContain('the maximum number of schedules is reached');
      schedules.dispose();
      expect(schedules.full).toBe(false);
    }),
  );
});
