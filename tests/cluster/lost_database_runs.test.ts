import { expect, it } from '@jest/globals';
import { withTelegram } from '../logins/over_sandbox.js';
import { idsOf, linesOf, makeSource, runOnce } from '../scraping/scraped.js';
import { LARGE, logInSome, smallWorld } from '../scraping/small_world.js';
import { describeWithOwnServer } from '../storage/describe_with_own_server.js';
import { OwnServer } from '../storage/own_server.js';

const describe = describeWithOwnServer();

describe('a run whose database is lost', () => {
  it('continues when it is back, with nothing missing and nothing twice', async () => {
    const server = await OwnServer.make();
    const shared = {
      settings: { DATABASE_URL: server.url() },
      contents: async () => '',
      drop: async () => undefined,
    };
    const test = withTelegram(
      async ({ service, sandbox }) => {
        await logInSome({ service, sandbox }, 2);
        const id = await makeSource(service, LARGE, { file_types: [] });
        const { messages_stored: before } = await runOnce(service, id, (run) => run.messages_stored > 0);
        await server.stop('immediate');
        await server.start();
        const ended = /completed|failed|cancelled/;
        const run = await runOnce(
          service,
          id,
          ({ state, messages_stored }) => ended.test(state) || messages_stored > before + 1_000,
        );
        expect(run.state).toBe('running');
        await service.as('admin').post(`/runs/${run.id}/cancel`).expect(200);
        await runOnce(service, id, ({ state }) => ended.test(state));
        const ids = linesOf(service, id).map((line) => line.id);
        expect(ids).toEqual(idsOf(sandbox, 'Large').slice(0, ids.length));
      },
      { seed: smallWorld, shared, settings: { DATABASE_TIMEOUT_SECONDS: '5' } },
    );
    await test().finally(() => server.destroy());
  }, 120_000);
});
