import { describe, expect, it } from '@jest/globals';
import { nodeTimers } from '../../src/kernel/timers.js';
import { until } from '../service/manual_time.js';
import { KEYS, type Service, some, type Who, withService } from '../service/service.js';
import { seedRun, seedSource } from '../sources/seeding.js';

interface Told {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Listens to the events of a service; `told`: those that came, except the status. */
async function listen(service: Service, who: Who) {
  const controller = new AbortController();
  const headers = { 'X-API-Key': KEYS[who] };
  const { body } = await fetch(`${service.url}/events`, { headers, signal: controller.signal });
  let text = '';
  void (async () => {
    for await (const part of body ?? []) text += Buffer.from(part).toString();
  })().catch(() => undefined);
  const told = (): Told[] =>
    [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event = '', data = '']) => ({
      event,
      data: JSON.parse(data),
    }));
  return {
    told,
    named: (event: string) => told().filter((one) => one.event === event),
    close: () => controller.abort(),
  };
}

describe('changes', () => {
  it(
    'of sources, sessions and keys are announced; those of keys to admins only',
    withService(
      async (service) => {
        const [admin, monitor] = [await listen(service, 'admin'), await listen(service, 'monitor')];
        const as = service.as('admin');
        const source = { name: 'n', identifier: '@channel', access_level: 'public', target: 'LOCAL' };
        const { body: made } = await as
          .post('/sources')
          .send({ ...source, is_active: false })
          .expect(200);
        await as.put(`/sources/${made.id}`).send({ name: 'm' }).expect(200);
        await as.delete(`/sources/${made.id}`).expect(200);
        await as
          .put('/sessions/1')
          .send({ tags: ['eu'] })
          .expect(200);
        const { body: key } = await as.post('/keys').send({ name: 'k', role: 'worker' }).expect(201);
        await as.delete(`/keys/${key.id}`).expect(200);
        await until(() => admin.named('key').length === 2);
        expect(admin.named('key').map(({ data }) => data)).toEqual([
          { key_id: key.id, holder: `key:${key.id}`, name: 'k', change: 'created' },
          { key_id: key.id, holder: `key:${key.id}`, name: null, change: 'revoked' },
        ]);
        expect(JSON.stringify(admin.told())).not.toContain(key.key);
        await until(() => monitor.named('session_edit').length === 1);
        expect(monitor.named('source').map(({ data }) => data)).toEqual([
          { source_id: made.id, name: 'n', change: 'created' },
          { source_id: made.id, name: 'm', change: 'changed' },
          { source_id: made.id, name: 'm', change: 'deleted' },
        ]);
        expect(monitor.named('session_edit')[0]?.data).toEqual({ session_id: 1, session_name: 's001' });
        expect(monitor.named('key')).toEqual([]);
        admin.close();
        monitor.close();
      },
      { files: some(1) },
    ),
  );

  it(
    'of runs are announced whoever makes them: queued, cancelled, or ended by another process',
    withService(
      async (service) => {
        const monitor = await listen(service, 'monitor');
        const { id } = await seedSource(service);
        const run = await seedRun(service, id);
        const { database, clock } = service.container;
        await until(() => monitor.named('run').length > 0);
        await database.runs.cancel(run.id, clock.now());
        await until(() => monitor.named('run').some(({ data }) => data.state === 'cancelled'));
        expect(monitor.named('run')[0]?.data).toMatchObject({ id: run.id, source_id: id });
        monitor.close();
      },
      { timers: nodeTimers },
    ),
  );
});
