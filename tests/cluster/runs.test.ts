import { expect, it } from '@jest/globals';
import { listen } from '../http/listener.js';
import { post } from '../logins/over_sandbox.js';
import { hashOf, idsOf, lastRun, linesOf, makeSource, runOnce, type ToldRun } from '../scraping/scraped.js';
import { LARGE, logInSome } from '../scraping/small_world.js';
import { until } from '../service/manual_time.js';
import type { Service } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { withScrapingReplicas } from './scraping_replicas.js';

const describe = await describeWithServer();

/** A run ends within this time of a request to any replica. */
const ENDS_WITHIN_MS = 5_000;

/** A run on the first replica, the only one that executes runs. */
interface UnderWay {
  readonly replicas: readonly [Service, Service, Service];
  readonly id: number;
  readonly run: ToldRun;
}

/** The test ends a current run of the large channel, which must end in time and without an error. */
function ending(test: (way: UnderWay) => Promise<void>): () => Promise<void> {
  return withScrapingReplicas(
    async ({ replicas, sandbox }) => {
      const [carrier, two] = replicas;
      await logInSome({ service: carrier, sandbox }, 1);
      const id = await makeSource(carrier, LARGE);
      const run = await runOnce(carrier, id, ({ messages_stored }) => messages_stored > 0);
      const asked = performance.now();
      await test({ replicas, id, run });
      await until(() => isFree(two));
      expect(performance.now() - asked).toBeLessThan(ENDS_WITHIN_MS);
      expect(errorsOf(carrier)).toEqual([]);
    },
    { most: [4, 0, 0] },
  );
}

const isFree = async (service: Service) => (await service.status()).free === 1;

/** The events of a run. */
function told(runId: number, state: string): RegExp {
  return new RegExp(`event: run\\ndata: {"id":${runId},"state":"${state}"`);
}

function errorsOf({ log }: Service): string[] {
  return log.filter((line) => line.includes('"level":"error"'));
}

describe('a source, on three replicas', () => {
  it(
    'is executed by one of them, and announced at all',
    withScrapingReplicas(async ({ replicas, sandbox, dataDir }) => {
      const [one, two] = replicas;
      await logInSome({ service: one, sandbox }, 2);
      const listeners = await Promise.all(replicas.map((service) => listen(service)));
      const id = await makeSource(two, 'small1');
      const run = await lastRun(one, id);
      expect(run).toMatchObject({ state: 'completed', error: null });
      for (const replica of replicas) {
        const { body } = await replica.as('monitor').get(`/runs/${run.id}`).expect(200);
        expect(body).toMatchObject(run);
      }
      const { body: log } = await one.as('monitor').get(`/runs/${run.id}/logs`).expect(200);
      expect(log.filter(({ message }: { message: string }) => message.startsWith('reads with'))).toHaveLength(
        1,
      );
      const lines = linesOf({ dataDir }, id);
      expect(lines.map((line) => line.id)).toEqual(idsOf(sandbox, 'Small 1'));
      for (const { file } of lines) if (file) expect(hashOf({ dataDir }, file.path ?? '')).toBe(file.sha256);
      await until(() => listeners.every((listener) => told(run.id, 'completed').test(listener.heard())));
      for (const listener of listeners) listener.close();
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
    60_000,
  );

  it(
    'has its run cancelled at another replica than the one that executes it',
    ending(async ({ replicas: [, two, other], id, run }) => {
      const { body } = await post(two, `/runs/${run.id}/cancel`, {}).expect(200);
      expect(body).toMatchObject({ state: 'running', cancel_requested: true });
      expect(await lastRun(other, id)).toMatchObject({ state: 'cancelled', error: null });
    }),
    60_000,
  );

  it(
    'is deleted at another replica than the one that executes its run',
    ending(async ({ replicas: [, two, other], id, run }) => {
      await two.as('admin').delete(`/sources/${id}`).expect(200);
      await other.as('admin').get(`/runs/${run.id}`).expect(404);
    }),
    60_000,
  );

  it(
    'triggered at two of them at once has one run; one that ends before it started is announced as well',
    withScrapingReplicas(
      async ({ replicas: [one, two, other] }) => {
        const listener = await listen(one);
        const id = await makeSource(other, 'small1', { is_active: false });
        for (let round = 0; round < 5; round += 1) {
          const asked = await Promise.all([one, two].map((at) => post(at, `/sources/${id}/trigger`, {})));
          const [begun, refused] = asked.sort((a, b) => a.status - b.status);
          expect([begun?.status, refused?.status]).toEqual([200, 409]);
          const { run_id } = begun?.body ?? {};
          expect(refused?.body.detail).toMatchObject({ error: 'run_in_progress', run_id });
          await post(other, `/runs/${run_id}/cancel`, {}).expect(200);
        }
        const { body } = await other.as('monitor').get(`/sources/${id}/runs`).expect(200);
        expect(body.map(({ state }: ToldRun) => state)).toEqual(Array(5).fill('cancelled'));
        await until(() => told(body[0].id, 'cancelled').test(listener.heard()));
        listener.close();
      },
      { most: [0, 0, 0] },
    ),
    60_000,
  );
});
