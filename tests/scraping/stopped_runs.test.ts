import { describe, expect, it } from '@jest/globals';
import { withTelegram } from '../logins/over_sandbox.js';
import { release } from '../pool/holding.js';
import { makeSource, runOnce } from './scraped.js';
import { logInSome, smallWorld } from './small_world.js';

describe('a run that waits for a session while the service stops', () => {
  it(
    'continues after the next start',
    withTelegram(
      async ({ service, sandbox }) => {
        await logInSome({ service, sandbox }, 1);
        const { session_id } = await service.lease('ttl=600');
        const id = await makeSource(service, 'small1', { file_types: [] });
        const { id: run } = await runOnce(service, id, ({ state }) => state === 'waiting');
        await service.stop();
        await service.start();
        await service.time.advance(2);
        await release(service, session_id);
        expect(await runOnce(service, id, ({ state }) => /completed|failed/.test(state))).toMatchObject({
          ...{ id: run, state: 'completed', error: null },
        });
      },
      { seed: smallWorld },
    ),
    60_000,
  );
});
