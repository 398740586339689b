import { describe, expect, it } from '@jest/globals';
import { parseSeed } from '../../sandbox/world/seed.js';
import { NO_FORM } from '../../src/runs/rules.js';
import type { RunForm } from '../../src/runs/store.js';
import { POLL_MS } from '../../src/scraping/engines/embedded.js';
import { admitted } from '../../src/scraping/reader.js';
import type { Message } from '../../src/telegram/message.js';
import { logIn, post, type World, withTelegram } from '../logins/over_sandbox.js';
import { HastenedTimers } from '../service/hastened_timers.js';
import type { Service } from '../service/service.js';
import { idsOf, lastRun, linesOf, logOf, makeSource, runOnce, type ToldRun } from './scraped.js';

const [ADA, BEN] = ['+9996610001', '+9996610002'];
const TOKEN = '1000000200:sandbox-bot-of-forms_sandbox-forms1';
const [SMALL, CREATED] = ['small_channel', Date.UTC(2024, 0, 1)];

const seed = parseSeed({
  accounts: [ADA, BEN].map((phone, index) => ({ phone, id: index + 1, first_name: `A${index}` })),
  bots: [{ token: TOKEN, first_name: 'Bot' }],
  channels: [
    {
      ...{ id: 7, title: 'Small', username: SMALL, members: 'everyone', created: '2024-01-01T00:00:00Z' },
      messages: { count: 400, files: 20, deleted: [20, 140], seconds_between: 60 },
    },
  ],
});
const timers = new HastenedTimers();
const withSmall = (test: (world: World) => Promise<void>) => withTelegram(test, { seed, timers });

/** When the message with this id was sent. */
const dateOf = (id: number) => CREATED + id * 60_000;

interface FormRun extends ToldRun {
  readonly total_messages: number | null;
  readonly messages_read: number;
}

/** A paused source of the small channel: it has no run yet. */
const makeIdle = (service: Service, over: object = {}) =>
  makeSource(service, SMALL, { is_active: false, ...over });

let flowRuns = 0;

/** Runs the source with a form, as a worker of Prefect would, but by the engine of this service. */
async function runWith(service: Service, sourceId: number, form: Partial<RunForm>): Promise<FormRun> {
  const { database, clock } = service.container;
  flowRuns += 1;
  const claim = { sourceId, flowRunId: `flow-${flowRuns}`, localRunId: null, reason: 'schedule' } as const;
  const over = { isRetry: false, form: { ...NO_FORM, ...form }, owner: `worker-${flowRuns}`, until: 1 };
  const outcome = await database.prefect.claimFlowRun({ ...claim, ...over }, clock.now());
  if (outcome.kind !== 'taken') throw new Error(outcome.kind);
  // Nobody tells the engine: it finds the run when it looks the next time.
  timers.hasten(POLL_MS);
  return ended(service, sourceId, outcome.run.id);
}

/** Runs the source without a form. */
async function runAll(service: Service, sourceId: number): Promise<FormRun> {
  const { body } = await post(service, `/sources/${sourceId}/trigger`, {}).expect(200);
  return ended(service, sourceId, body.run_id);
}

async function ended(service: Service, sourceId: number, runId: number): Promise<FormRun> {
  const run = await runOnce(service, sourceId, ({ id, state }) => id === runId && state === 'completed');
  return run as FormRun;
}

const storedIds = (service: Service, sourceId: number) => linesOf(service, sourceId).map(({ id }) => id);

describe('a run with a limit', () => {
  it(
    'reads no more messages than that; the next one continues behind them',
    withSmall(async (world) => {
      const { service, sandbox } = world;
      await logIn(world, ADA);
      const id = await makeIdle(service, { file_types: [] });
      const all = idsOf(sandbox, 'Small');
      const first = await runWith(service, id, { limit: 130 });
      expect(first).toMatchObject({
        messages_read: 130,
        messages_stored: 130,
        total_messages: 130,
        limit: 130,
      });
      expect(storedIds(service, id)).toEqual(all.slice(0, 130));
      const second = await runWith(service, id, { limit: 1 });
      expect(second).toMatchObject({ messages_read: 1, total_messages: 1 });
      const rest = await runAll(service, id);
      expect(rest).toMatchObject({ messages_read: all.length - 131, total_messages: all.length - 131 });
      expect(storedIds(service, id)).toEqual(all);
      expect(await runWith(service, id, { limit: 5 })).toMatchObject({ messages_read: 0 });
    }),
    60_000,
  );

  it(
    'counts what it has read before another session continued it',
    withSmall(async (world) => {
      const { service, sandbox } = world;
      await logIn(world, ADA);
      await logIn(world, BEN);
      const id = await makeIdle(service);
      sandbox.faults.add({ fault: 'slow', method: 'upload.getFile', milliseconds: 50 });
      const running = runWith(service, id, { limit: 250 });
      await runOnce(service, id, ({ messages_stored }) => messages_stored > 0);
      sandbox.faults.add({ fault: 'FLOOD_WAIT_3600', method: 'messages.getHistory', times: 1 });
      expect(await running).toMatchObject({ messages_read: 250, total_messages: 250 });
      expect(storedIds(service, id)).toEqual(idsOf(sandbox, 'Small').slice(0, 250));
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
    60_000,
  );
});

describe('a run since a date', () => {
  it(
    'skips what is older, for good',
    withSmall(async (world) => {
      const { service, sandbox } = world;
      await logIn(world, ADA);
      const id = await makeIdle(service, { file_types: [] });
      const recent = idsOf(sandbox, 'Small').filter((one) => one >= 200);
      const run = await runWith(service, id, { since: dateOf(200) });
      expect(run).toMatchObject({ messages_read: recent.length, total_messages: recent.length });
      expect(run).toMatchObject({ since: new Date(dateOf(200)).toISOString() });
      expect(storedIds(service, id)).toEqual(recent);
      expect((await logOf(service, id)).map(({ message }) => message)).toContain(
        'skips the messages from before 2024-01-01T03:20:00.000Z, for good',
      );
      // One page before it, three with it, and the end: the older ones were not read.
      expect(sandbox.connections.calls('messages.GetHistory')).toBeLessThanOrEqual(5);
      expect(await runAll(service, id)).toMatchObject({ messages_read: 0 });
      expect(storedIds(service, id)).toEqual(recent);
    }),
    60_000,
  );

  it(
    'continues at the checkpoint if that is newer, and skips nothing if there is nothing newer',
    withSmall(async (world) => {
      const { service, sandbox } = world;
      await logIn(world, ADA);
      const id = await makeIdle(service, { file_types: [] });
      const all = idsOf(sandbox, 'Small');
      await runWith(service, id, { limit: 100 });
      // Nothing is that new: the checkpoint stays where it is.
      expect(await runWith(service, id, { since: dateOf(401) })).toMatchObject({ messages_read: 0 });
      const since = dateOf((all[50] ?? 0) + 1);
      expect(await runWith(service, id, { since, limit: 100 })).toMatchObject({ messages_read: 100 });
      expect(storedIds(service, id)).toEqual(all.slice(0, 200));
      await runAll(service, id);
      expect(storedIds(service, id)).toEqual(all);
    }),
    60_000,
  );

  it(
    'is read by a bot as well, which is not told how many messages there are',
    withSmall(async ({ service, sandbox }) => {
      const id = await makeIdle(service, { file_types: [], bot_token: TOKEN });
      const recent = idsOf(sandbox, 'Small').filter((one) => one >= 200);
      const run = await runWith(service, id, { since: dateOf(200) - 1, limit: 120 });
      expect(run).toMatchObject({ messages_read: 120, total_messages: null });
      expect(storedIds(service, id)).toEqual(recent.slice(0, 120));
    }),
    60_000,
  );
});

describe('a run with file types', () => {
  it(
    "downloads those instead of its source's",
    withSmall(async (world) => {
      const { service } = world;
      await logIn(world, ADA);
      const id = await makeIdle(service, { file_types: ['pdf'] });
      const run = await runWith(service, id, { fileTypes: ['zip'] });
      expect(run).toMatchObject({ files_done: 3, file_types: ['zip'] });
      const files = linesOf(service, id).flatMap(({ file }) => file?.path ?? []);
      expect(files.every((path) => path.endsWith('.zip'))).toBe(true);
      const { body } = await service.as('admin').get(`/sources/${id}`).expect(200);
      expect(body.file_types).toEqual(['pdf']);
    }),
    60_000,
  );
});

describe('a run without a form', () => {
  it(
    'is told how many messages there are',
    withSmall(async (world) => {
      const { service, sandbox } = world;
      await logIn(world, ADA);
      const id = await makeSource(service, SMALL, { file_types: [] });
      const { length } = idsOf(sandbox, 'Small');
      expect(await lastRun(service, id)).toMatchObject({ total_messages: length, messages_read: length });
    }),
    60_000,
  );
});

describe('the admitted part of a page', () => {
  const page = (dates: readonly number[], total: number | null = 9) => ({
    messages: dates.map((date, at) => ({ id: at + 1, date }) as Message),
    ...{ lastId: 7, total },
  });
  const within = (since: number | null, left: number, dates = [10, 11, 12]) => {
    const { messages, lastId, total } = admitted(page(dates), since, left);
    return { ids: messages.map(({ id }) => id), lastId, total };
  };

  it('is all of it without a form, up to its last id', () => {
    expect(within(null, Number.POSITIVE_INFINITY)).toEqual({ ids: [1, 2, 3], lastId: 7, total: 9 });
    expect(within(null, 3)).toEqual({ ids: [1, 2, 3], lastId: 7, total: 3 });
  });

  it('ends at the last message within the limit', () => {
    expect(within(null, 2)).toEqual({ ids: [1, 2], lastId: 2, total: 2 });
    expect(within(11_000, 1)).toEqual({ ids: [2], lastId: 2, total: 1 });
  });

  it('has nothing from before the date, to the millisecond, whatever its order', () => {
    expect(within(11_000, 9)).toMatchObject({ ids: [2, 3], lastId: 7 });
    expect(within(11_001, 9)).toMatchObject({ ids: [3], lastId: 7 });
    expect(within(13_000, 9)).toMatchObject({ ids: [], lastId: 7 });
    expect(within(12_000, 1, [10, 12, 11])).toMatchObject({ ids: [2], lastId: 7 });
  });

  it('has as many messages as Telegram says, if it says so', () => {
    expect(admitted(page([10], null), null, 1)).toMatchObject({ total: null });
  });
});
