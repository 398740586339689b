import { describe, expect, it } from '@jest/globals';
import type { FaultRequest } from '../../sandbox/faults.js';
import { parseSeed } from '../../sandbox/world/seed.js';
import { logIn, post, type World, withTelegram } from '../logins/over_sandbox.js';
import { idsOf, lastRun, linesOf, makeSource, runOnce, type ToldRun } from './scraped.js';

const [ADA, BEN] = ['+9996610001', '+9996610002'];
const OPEN = { id: 1000000001, title: 'Open', username: 'open_channel' };
const HIDDEN = { id: 1000000002, title: 'Hidden' };

const SEED = parseSeed({
  accounts: [ADA, BEN].map((phone, index) => ({ phone, id: 7000000001 + index, first_name: `A${index}` })),
  channels: [OPEN, HIDDEN].map((channel) => ({
    ...{ ...channel, members: [ADA], created: '2024-01-10T12:00:00Z' },
    messages: { count: 2_000 },
  })),
});

/** Lets the run store part of the channel; then Telegram answers with these errors. */
async function failHalfway(
  { service, sandbox: { faults } }: World,
  source: number,
  ...vanishing: readonly FaultRequest[]
): Promise<ToldRun> {
  const { messages_stored } = await runOnce(service, source, (run) => run.messages_stored > 0);
  faults.clear();
  for (const fault of vanishing) faults.add({ method: 'messages.getHistory', ...fault });
  const run = await lastRun(service, source);
  expect(messages_stored).toBeLessThan(2_000);
  return run;
}

/** Slows the channel down, so that there is time to remove it. */
function slowly({ sandbox: { faults } }: World): void {
  faults.add({ fault: 'slow', milliseconds: 60, method: 'messages.getHistory' });
}

/** Expects that what was read is kept, and that the next run reads the rest once the channel is back. */
async function expectToContinue({ service, sandbox }: World, source: number, title: string): Promise<void> {
  const all = idsOf(sandbox, title);
  const before = linesOf(service, source).map((line) => line.id);
  expect(before.length).toBeGreaterThan(0);
  expect(before).toEqual(all.slice(0, before.length));
  sandbox.faults.clear();
  const { body } = await post(service, `/sources/${source}/trigger`, {}).expect(200);
  const next = await runOnce(service, source, ({ id, state }) => id === body.run_id && state === 'completed');
  expect(next.messages_stored).toBe(all.length - before.length);
  expect(linesOf(service, source).map((line) => line.id)).toEqual(all);
}

describe('a channel that disappears halfway', () => {
  it.each(['CHANNEL_PRIVATE', 'CHANNEL_INVALID'])(
    'for all sessions (%s) fails the run with a clear error, and is continued when it is back',
    (fault) =>
      withTelegram(
        async (world) => {
          for (const phone of [ADA, BEN]) await logIn(world, phone);
          slowly(world);
          const id = await makeSource(world.service, OPEN.username);
          const run = await failHalfway(world, id, { fault });
          expect(run).toMatchObject({ state: 'failed', error: expect.stringContaining('(2 tried)') });
          expect(await world.service.status()).toMatchObject({ free: 2, in_use: 0 });
          await expectToContinue(world, id, OPEN.title);
        },
        { seed: SEED },
      )(),
    60_000,
  );

  it.each(['CHANNEL_PRIVATE', 'CHANNEL_INVALID'])(
    'for one session (%s) is continued with another',
    (fault) =>
      withTelegram(
        async (world) => {
          const { service, sandbox } = world;
          for (const phone of [ADA, BEN]) await logIn(world, phone);
          slowly(world);
          const id = await makeSource(service, OPEN.username);
          const { session_name } = await runOnce(service, id, (run) => run.messages_stored > 0);
          const run = await failHalfway(world, id, { fault, phone: `+${session_name}` });
          expect(run).toMatchObject({ state: 'completed', error: null });
          expect(run.session_name).not.toBe(session_name);
          expect(linesOf(service, id).map((line) => line.id)).toEqual(idsOf(sandbox, OPEN.title));
        },
        { seed: SEED },
      )(),
    60_000,
  );

  it(
    'together with its name fails the run with a clear error',
    withTelegram(
      async (world) => {
        await logIn(world, ADA);
        slowly(world);
        const id = await makeSource(world.service, OPEN.username);
        const nobody = { fault: 'USERNAME_NOT_OCCUPIED', method: 'contacts.resolveUsername' };
        const run = await failHalfway(world, id, { fault: 'CHANNEL_INVALID' }, nobody);
        expect(run).toMatchObject({ state: 'failed', error: expect.stringContaining('no such channel') });
        await expectToContinue(world, id, OPEN.title);
      },
      { seed: SEED },
    ),
    60_000,
  );

  it(
    'for its only member session fails the run with a clear error, and is continued when it is back',
    withTelegram(
      async (world) => {
        const { id: session_id } = await logIn(world, ADA);
        await logIn(world, BEN);
        slowly(world);
        const settings = { name: 'Hidden', session_id, channel_id: HIDDEN.id, target: 'LOCAL' };
        const { body } = await post(world.service, '/sources/private', settings).expect(200);
        const run = await failHalfway(world, body.id, { fault: 'CHANNEL_PRIVATE' });
        expect(run).toMatchObject({
          state: 'failed',
          error: expect.stringContaining('not a member of the channel'),
        });
        await expectToContinue(world, body.id, HIDDEN.title);
      },
      { seed: SEED },
    ),
    60_000,
  );
});
