import { describe, expect, it } from '@jest/globals';
import { createTask } from 'node-cron';
import {
  canonicalSchedules,
  fromPrefect,
  type PrefectSchedule,
  prefectSchedules,
  scheduleProblem,
  sourceSchedule,
  toPrefectCron,
} from '../../src/prefect/schedules.js';
import { parseSchedule } from '../../src/sources/schedules.js';
import { runWithPrefect } from './clients.js';
import { describeWithPrefect } from './describe_with_prefect.js';

const NEW_YEAR = '2026-01-01T00:00:00Z';

/** Expressions of ours, and what Prefect is to be told. */
const TRANSLATED = [
  ['*/15 * * * *', '*/15 * * * *'],
  ['0 9 * * mon-FRI', '0 9 * * 1-5'],
  ['0 0 1 january,jul *', '0 0 1 1,7 *'],
  ['30 */5 * * * *', '*/5 * * * * 30'],
  ['0 */5 * * * *', '*/5 * * * *'],
  ['0 22-2 * * *', '0 22-23,0-2 * * *'],
  ['0 22-4/3 * * *', '0 22,1,4 * * *'],
  ['7-7 0 * * *', '7 0 * * *'],
  ['0 0 * * 7', '0 0 * * 0'],
  ['0 0 * * 5-7', '0 0 * * 5,6,0'],
  ['0 0 L * *', '0 0 l * *'],
  ['0 0 * * friL', '0 0 * * l5'],
  ['0 0 * * 7#2', '0 0 * * 0#2'],
  ['0 0 ? * */1', '0 0 * * *'],
  ['0 0 13 * 5', '0 0 13 * 5'],
] as const;

describe('a schedule of ours', () => {
  it.each(TRANSLATED)('%s is, in Prefect, %s', (ours, cron) => {
    const both = /13 \* 5/.test(ours);
    expect(toPrefectCron(ours)).toEqual({ cron, timezone: 'UTC', day_or: !both });
    expect(scheduleProblem(ours)).toBeNull();
  });

  it.each(['0 0 L-3 * *', '0 0 15W * *', '0 0 L,15 * *', '0 0 * * 1,5#2'])(
    '%s cannot be put in Prefect, which the problem says',
    (ours) => {
      expect(parseSchedule(ours)).toBe(ours);
      expect(toPrefectCron(ours)).toBeNull();
      expect(scheduleProblem(ours)).toBe(
        `schedule: Prefect has no word for ${ours}, so the source runs there on demand only`,
      );
    },
  );

  it.each(TRANSLATED)('%s comes back as one that Prefect is told the same of', (ours, _) => {
    const cron = toPrefectCron(ours);
    const back = cron && fromPrefect(cron);
    expect(back && toPrefectCron(back)).toEqual(cron);
  });
});

describe("a schedule of Prefect's", () => {
  it.each([
    [{ cron: '@daily', timezone: null }, '0 0 * * *'],
    [{ cron: '5/20 * * * *', timezone: 'Etc/UTC' }, '5-59/20 * * * *'],
    [{ cron: '*/5 * * * * 30', timezone: 'UTC', day_or: true }, '30 */5 * * * *'],
    [{ cron: '0 0 * * L5' }, '0 0 * * 5L'],
    [{ cron: '0 0 13 * 5', day_or: false }, '0 0 13 * 5'],
    [{ cron: '0 0 13 * *', day_or: true }, '0 0 13 * *'],
  ])('%j is one of ours, %s', (schedule, expression) => {
    expect(sourceSchedule(canonicalSchedules([schedule]))).toEqual({ kind: 'ours', expression });
  });

  it.each<[PrefectSchedule[], string]>([
    [[{ cron: '0 9 * * *', timezone: 'Europe/Berlin' }], 'cron 0 9 * * * (Europe/Berlin)'],
    [[{ cron: '0 0 13 * 5', timezone: 'UTC', day_or: true }], 'cron 0 0 13 * 5 (UTC)'],
    [[{ cron: '0 0 1 1 * 0 2030', timezone: 'UTC' }], 'cron 0 0 1 1 * 0 2030 (UTC)'],
    [[{ interval: 5400, anchor_date: NEW_YEAR, timezone: 'UTC' }], 'every 1 hour 30 minutes (UTC)'],
    [
      [{ rrule: 'DTSTART:20200101T000000\nFREQ=DAILY', timezone: 'UTC' }],
      'RRULE DTSTART:20200101T000000 FREQ=DAILY (UTC)',
    ],
    [
      [
        { cron: '0 9 * * *', timezone: 'UTC' },
        { interval: 86_400, anchor_date: NEW_YEAR, timezone: 'UTC' },
      ],
      'every 1 day (UTC); cron 0 9 * * * (UTC)',
    ],
  ])('%j is foreign: it is kept, and shown in words', (schedules, words) => {
    const canonical = canonicalSchedules(schedules);
    expect(sourceSchedule(canonical)).toEqual({ kind: 'foreign', words });
    expect(canonicalSchedules(prefectSchedules(canonical))).toBe(canonical);
  });

  it('is equal to another however Prefect writes it, and in whatever order it lists them', () => {
    const daily = canonicalSchedules([{ cron: '0 0 * * *', timezone: 'UTC', day_or: true }]);
    expect(canonicalSchedules([{ cron: '@daily' }])).toBe(daily);
    expect(canonicalSchedules([{ cron: '0 0 ? * *', timezone: 'Etc/UTC', day_or: false }])).toBe(daily);
    const [one, other] = [
      { interval: 60, anchor_date: NEW_YEAR, timezone: 'UTC' },
      { rrule: 'FREQ=DAILY', timezone: 'UTC' },
    ];
    expect(canonicalSchedules([one, other])).toBe(canonicalSchedules([other, one]));
  });

  it('may be none', () => {
    expect(sourceSchedule(null)).toEqual({ kind: 'ours', expression: null });
    expect(prefectSchedules(null)).toEqual([]);
  });
});

const DATES = `
import asyncio, datetime, json, sys
from prefect.server.schemas.schedules import CronSchedule
start = datetime.datetime.fromtimestamp(float(sys.argv[2]), datetime.timezone.utc)
async def dates(schedule):
    return [date.timestamp() for date in await CronSchedule(**schedule).get_dates(8, start=start)]
async def main():
    print(json.dumps([await dates(schedule) for schedule in json.loads(sys.argv[1])]))
asyncio.run(main())
`;

describeWithPrefect()('the times of a schedule', () => {
  it("are the same by our clockwork and by Prefect's", async () => {
    const now = Date.now() / 1000;
    const crons = TRANSLATED.map(([ours]) => toPrefectCron(ours));
    const printed = await runWithPrefect(DATES, [JSON.stringify(crons), String(now)]);
    const theirs = JSON.parse(printed.slice(printed.indexOf('[['))) as number[][];
    // Both begin at about the same time: those of the first moments are left out.
    const later = (times: readonly number[]) => times.filter((time) => time > now + 120);
    for (const [at, [ours]] of TRANSLATED.entries()) {
      const task = createTask(ours, () => undefined, { timezone: 'UTC' });
      const expected = later(task.getNextRuns(8).map((date) => date.getTime() / 1000));
      const found = later(theirs[at] ?? []);
      const count = Math.min(expected.length, found.length);
      expect([ours, count > 3, found.slice(0, count)]).toEqual([ours, true, expected.slice(0, count)]);
      void task.destroy();
    }
  });
});
