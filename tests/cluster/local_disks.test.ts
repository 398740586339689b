import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { post } from '../logins/over_sandbox.js';
import { idsOf, lastRun, linesOf, makeSource, runOnce } from '../scraping/scraped.js';
import { LARGE, logInSome } from '../scraping/small_world.js';
import type { Service } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { withScrapingReplicas } from './scraping_replicas.js';

const describe = await describeWithServer();

/** Has the one running replica read the source for a while; returns how many messages it has stored. */
async function readSome(service: Service, id: number): Promise<number> {
  const run = await runOnce(
    service,
    id,
    ({ state, messages_stored }) => state === 'running' && messages_stored > 0,
  );
  await post(service, `/runs/${run.id}/cancel`, {}).expect(200);
  expect(await lastRun(service, id)).toMatchObject({ state: 'cancelled' });
  return linesOf(service, id).length;
}

describe('a source that stores on a local disk that replicas do not share', () => {
  it(
    'fails with a clear error where its messages are missing, and continues where they are, with nothing lost',
    withScrapingReplicas(
      async ({ replicas: [one, two, other], sandbox, look }) => {
        await logInSome({ service: other, sandbox }, 1);
        await two.stop();
        const id = await makeSource(other, LARGE);
        look();
        const before = await readSome(one, id);
        await one.stop();
        await two.start();
        await post(other, `/sources/${id}/trigger`, {}).expect(200);
        look();
        const { state, error } = await lastRun(other, id);
        expect(state).toBe('failed');
        expect(error).toMatch(
          /^LOCAL source-\d+\/messages\/\d{4}-\d\d\.jsonl: messages were stored here, but it is gone/,
        );
        expect(error).toContain('Replicas must share DATA_DIR/scraped, or store in NAS or S3');
        expect(readdirSync(join(two.dataDir, 'scraped'))).toEqual([]);
        await two.stop();
        await one.start();
        await post(other, `/sources/${id}/trigger`, {}).expect(200);
        look();
        expect(await readSome(one, id)).toBeGreaterThan(before);
        const ids = linesOf(one, id).map((line) => line.id);
        expect(ids).toEqual(idsOf(sandbox, 'Large').slice(0, ids.length));
      },
      { most: [4, 4, 0], shareDisk: false },
    ),
    60_000,
  );
});
