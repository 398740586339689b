import { expect, it } from '@jest/globals';
import { getTasks } from 'node-cron';
import { until } from '../service/manual_time.js';
import type { Service } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { withReplicas } from './services.js';

const describe = await describeWithServer();

/** node-cron uses the machine's clock: the shortest schedule, every second, is waited for in real time. */
const SOURCE = { name: 'N', channel_username: 'technews', target: 'LOCAL', schedule: '* * * * * *' };

async function runIds(service: Service, source: number): Promise<number[]> {
  const { body } = await service.as('monitor').get(`/sources/${source}/runs`).expect(200);
  return body.map(({ id }: { id: number }) => id);
}

/** When any of the replicas found the source due while its run goes on, in milliseconds. */
function dueAt(replicas: readonly Service[]): number[] {
  const told = replicas.flatMap(({ log }) => log.filter((line) => line.includes('a source is due while')));
  return told.map((line) => Date.parse(JSON.parse(line).timestamp)).sort((one, other) => one - other);
}

/** How long they have done so, in seconds. */
function secondsOf(due: readonly number[]): number {
  return ((due.at(-1) ?? 0) - (due[0] ?? 0)) / 1000;
}

describe('a source with a schedule, on three replicas', () => {
  it(
    'is run by one of them each time',
    withReplicas(
      3,
      async (replicas) => {
        const [one] = replicas;
        if (!one) throw new Error('there are three');
        const { body } = await one.as('admin').post('/sources/public').send(SOURCE).expect(200);
        await until(() => secondsOf(dueAt(replicas)) > 3);
        const due = dueAt(replicas);
        // One more than there are seconds between them, and one that was told late.
        expect(due.length).toBeLessThanOrEqual(secondsOf(due) + 2);
        expect(await runIds(one, body.id)).toEqual([body.last_run.id]);
      },
      // The first run stays in the queue: each time the source is due, this is logged, and nothing begins.
      { settings: { MAX_CONCURRENT_RUNS: '0' } },
    ),
  );

  it(
    'is run by the remaining ones when the one that created it is gone',
    withReplicas(3, async ([made, left, other]) => {
      if (!made || !left || !other) throw new Error('there are three');
      const { body } = await made.as('admin').post('/sources/public').send(SOURCE).expect(200);
      await made.stop();
      await left.as('admin').post(`/runs/${body.last_run.id}/cancel`);
      await until(async () => (await runIds(other, body.id)).length > 1);
    }),
  );

  it(
    'is scheduled at all of them, until it is paused or deleted at one',
    withReplicas(3, async ([one, two, other]) => {
      if (!one || !two || !other) throw new Error('there are three');
      const made = { ...SOURCE, schedule: '0 0 1 1 *' };
      const { body } = await two.as('admin').post('/sources/public').send(made).expect(200);
      const waiting = () =>
        [...getTasks().values()].filter(({ name }) => name === `source ${body.id}`).length;
      await until(() => waiting() === 3);
      const put = (is_active: boolean) => one.as('admin').put(`/sources/${body.id}`).send({ is_active });
      await put(false).expect(200);
      await until(() => waiting() === 0);
      await put(true).expect(200);
      await until(() => waiting() === 3);
      await other.as('admin').delete(`/sources/${body.id}`).expect(200);
      await until(() => waiting() === 0);
    }),
  );
});
