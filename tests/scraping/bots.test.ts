import { describe, expect, it } from '@jest/globals';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { sandboxSeed } from '../../sandbox/seed.js';
import { parseSeed } from '../../sandbox/world/seed.js';
import { logIn, post, type World, withTelegram } from '../logins/over_sandbox.js';
import type { Service } from '../service/service.js';
import { hashOf, idsOf, lastRun, linesOf, makeSource, runOnce, type ToldRun } from './scraped.js';

const ADA = '+9996610001';
const [TOKEN, OTHER] = [sandboxSeed.bots[0]?.token ?? '', '1000000200:another-sandbox-bot_another-sandbox'];
const [BOT, OTHER_BOT] = ['bot1000000100', 'bot1000000200'];
const SMALL = 'small_channel';

/** Another bot, and a channel that is read quickly. */
const { bots, channels } = parseSeed({
  accounts: [{ phone: ADA, id: 1, first_name: 'Ada' }],
  bots: [{ token: OTHER, first_name: 'Other' }],
  channels: [
    {
      ...{ id: 7, title: 'Small', username: SMALL, members: 'everyone', created: '2024-01-01T00:00:00Z' },
      messages: { count: 250, files: 3, deleted: [20, 140] },
    },
  ],
});
const seed = {
  ...sandboxSeed,
  bots: [...sandboxSeed.bots, ...bots],
  channels: [...sandboxSeed.channels, ...channels],
};
const withBots = (test: (world: World) => Promise<void>) => withTelegram(test, { seed });

describe('a run of a source with a bot', () => {
  it(
    'reads as the bot when the pool is empty: every message and file once and in order, then nothing again',
    withBots(async ({ service, sandbox }) => {
      const id = await makeSource(service, 'sandbox_news', { bot_token: TOKEN });
      const run = await lastRun(service, id);
      expect(run).toMatchObject({ state: 'completed', error: null, session_name: BOT });
      const lines = linesOf(service, id);
      expect(lines.map((line) => line.id)).toEqual(idsOf(sandbox, 'Sandbox News'));
      const files = lines.flatMap(({ file }) => file ?? []);
      expect(files).toHaveLength(run.files_done);
      expect(files).toHaveLength(250);
      for (const { path, sha256 } of files) expect(hashOf(service, path ?? '')).toBe(sha256);

      const calls = scarceCalls(sandbox);
      expect(await again(service, id)).toMatchObject({ messages_stored: 0, session_name: BOT });
      expect(linesOf(service, id)).toEqual(lines);
      expect(scarceCalls(sandbox)).toEqual(calls);
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
    120_000,
  );

  it(
    'uses a free session, and reads as the bot while there is none, without leasing anything',
    withBots(async (world) => {
      const { service, sandbox } = world;
      const { name } = await logIn(world, ADA);
      const id = await makeSource(service, SMALL, { bot_token: TOKEN });
      expect(await lastRun(service, id)).toMatchObject({ state: 'completed', session_name: name });
      const { lease_id } = await service.lease();
      const other = await makeSource(service, SMALL, { bot_token: TOKEN });
      expect(await lastRun(service, other)).toMatchObject({ state: 'completed', session_name: BOT });
      expect(linesOf(service, other).map((line) => line.id)).toEqual(idsOf(sandbox, 'Small'));
      const { body } = await service.as('admin').get('/leases').expect(200);
      expect(body).toMatchObject([{ lease_id }]);
      expect(await service.status()).toMatchObject({ free: 0, in_use: 1 });
    }),
    60_000,
  );

  it(
    'continues with a session where it stopped, if the bot has to wait for long',
    withBots(async (world) => {
      const { service, sandbox } = world;
      const { name } = await logIn(world, ADA);
      const lease = await service.lease();
      const id = await makeSource(service, 'sandbox_news', { bot_token: TOKEN, file_types: [] });
      await runOnce(service, id, ({ messages_stored }) => messages_stored >= 500);
      sandbox.faults.add({ fault: 'FLOOD_WAIT_3600', method: 'channels.getMessages' });
      await runOnce(service, id, ({ state }) => state === 'waiting');
      const { session_id, lease_id } = lease;
      await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
      expect(await lastRun(service, id)).toMatchObject({ state: 'completed', session_name: name });
      expect(linesOf(service, id).map((line) => line.id)).toEqual(idsOf(sandbox, 'Sandbox News'));
    }),
    60_000,
  );
});

describe("a bot's token", () => {
  it(
    'that is wrong is logged as a warning, and the run waits for a session',
    withBots(async (world) => {
      const { service } = world;
      const wrong = `${TOKEN.slice(0, -1)}x`;
      const id = await makeSource(service, SMALL, { bot_token: wrong });
      const run = await runOnce(service, id, ({ state }) => state === 'waiting');
      const { body } = await service.as('admin').get(`/runs/${run.id}/logs`).expect(200);
      const message = `${BOT}: Telegram answered auth.importBotAuthorization with ACCESS_TOKEN_INVALID`;
      expect(body).toContainEqual(expect.objectContaining({ level: 'warning', message }));
      const { name } = await logIn(world, ADA);
      expect(await lastRun(service, id)).toMatchObject({ state: 'completed', session_name: name });
    }),
    60_000,
  );

  it(
    'that is replaced uses the other bot, and if Telegram forgot its session, the bot logs in again, once',
    withBots(async ({ service, sandbox }) => {
      const logins = () => sandbox.connections.calls('auth.ImportBotAuthorization');
      const id = await makeSource(service, SMALL, { bot_token: OTHER });
      expect(await lastRun(service, id)).toMatchObject({ state: 'completed', session_name: OTHER_BOT });
      expect(logins()).toBe(1);
      sandbox.faults.add({ fault: 'AUTH_KEY_UNREGISTERED', phone: '1000000200', times: 1 });
      expect(await again(service, id)).toMatchObject({ session_name: OTHER_BOT });
      expect(logins()).toBe(2);
      await service.as('admin').put(`/sources/${id}`).send({ bot_token: TOKEN }).expect(200);
      expect(await again(service, id)).toMatchObject({ session_name: BOT });
      // The first data centre redirects this one to its own.
      expect(logins()).toBe(4);
    }),
    60_000,
  );

  it(
    'is shown nowhere, nor is its auth key',
    withBots(async ({ service }) => {
      const id = await makeSource(service, SMALL, { bot_token: TOKEN });
      const { id: run } = await lastRun(service, id);
      const paths = [
        `/sources/${id}`,
        '/sources',
        `/sources/${id}/runs`,
        `/runs/${run}`,
        `/runs/${run}/logs`,
      ];
      const answers = paths.map(async (path) => (await service.as('admin').get(path).expect(200)).text);
      const shown = [...(await Promise.all(answers)), ...service.log].join('\n');
      const kept = await service.container.database.sources.source(id);
      expect(kept?.botSession).toMatch(/^ey/);
      await service.stop();
      const everything = `${shown}\n${await service.kept()}`;
      for (const secret of [TOKEN, TOKEN.slice(11), 'authKey']) expect(everything).not.toContain(secret);
      expect(shown).not.toContain(kept?.botSession);
    }),
    60_000,
  );
});

/** Triggers the source; returns its run once it has completed. */
async function again(service: Service, sourceId: number): Promise<ToldRun> {
  const { body } = await post(service, `/sources/${sourceId}/trigger`, {}).expect(200);
  return runOnce(service, sourceId, (run) => run.id === body.run_id && run.state === 'completed');
}

/** How often methods with a strict limit for bots were called. */
function scarceCalls({ connections }: Sandbox): number[] {
  return ['auth.ImportBotAuthorization', 'contacts.ResolveUsername'].map((name) => connections.calls(name));
}
