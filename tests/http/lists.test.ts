import { describe, expect, it } from '@jest/globals';
import { type Service, some, withService } from '../service/service.js';
import { seedProgress, seedRun, seedSource } from '../sources/seeding.js';

/** What a list answers: one field of each item, and how many there are on all pages. */
async function listed(service: Service, path: string, field: string) {
  const { body, headers } = await service.as('admin').get(path).expect(200);
  const items: Record<string, unknown>[] = body;
  return [items.map((item) => item[field]), Number(headers['x-total-count'])];
}

describe('a list', () => {
  it(
    'of sessions says who holds a session, since when, and which methods are flooded',
    withService(
      async (service) => {
        const { session_id } = await service.lease('session_name=s001');
        const flood = { session_id: 2, wait_seconds: 60, method: 'messages.getHistory' };
        await service.as('admin').post('/floodwait').send(flood).expect(200);
        const { body } = await service.as('monitor').get('/sessions').expect(200);
        const now = service.time.wall();
        expect(body[0]).toMatchObject({
          id: session_id,
          status: 'leased',
          holder: expect.stringMatching(/^env:/),
          leased_at: new Date(now).toISOString(),
          method_floods: [],
        });
        const until = new Date(now + 60_000).toISOString();
        expect(body[1]).toMatchObject({
          ...{ holder: null, leased_at: null },
          method_floods: [{ method: 'messages.gethistory', until }],
        });
        await service.time.advance(61);
        expect((await service.as('monitor').get('/sessions/2')).body.method_floods).toEqual([]);
      },
      { files: some(2) },
    ),
  );

  it(
    'of sessions is filtered by proxy and format; their tags have a list of their own',
    withService(
      async (service) => {
        const change = { tags: ['eu', 'Warm'], proxy: 'socks5://user:pass@proxy.example:1080' };
        await service.as('admin').put('/sessions/2').send(change).expect(200);
        expect(await listed(service, '/sessions?proxy=EXAMPLE:1080', 'id')).toEqual([[2], 1]);
        expect(await listed(service, '/sessions?proxy=none', 'id')).toEqual([[1], 1]);
        expect(await listed(service, '/sessions?proxy=pass', 'id')).toEqual([[], 0]);
        expect(await listed(service, '/sessions?format=unknown&sort=-id&limit=1', 'id')).toEqual([[2], 2]);
        expect((await service.as('monitor').get('/sessions/tags')).body).toEqual(['Warm', 'eu']);
        expect((await service.as('monitor').get('/sessions/tags?after=Warm')).body).toEqual(['eu']);
      },
      { files: some(2) },
    ),
  );

  it(
    'of sources names the session that reads each; a run without Prefect has no page there',
    withService(
      async (service) => {
        await seedSource(service, { sessionId: 1 });
        const { id } = await seedSource(service);
        expect(await listed(service, '/sources', 'session_name')).toEqual([['s001', null], 2]);
        const run = await seedRun(service, id);
        const { body } = await service.as('monitor').get(`/runs/${run.id}`).expect(200);
        expect(body).toMatchObject({ flow_run_id: null, flow_run_url: null });
      },
      { files: some(1) },
    ),
  );

  it(
    'of sources is searched, filtered, sorted and counted; only configured targets are offered',
    withService(async (service) => {
      const first = await seedSource(service, { name: 'Новости', channelTitle: 'Alpha' });
      await seedSource(service, { name: 'b', isActive: false });
      await seedRun(service, first.id);
      expect(await listed(service, '/sources?limit=1', 'name')).toEqual([['Новости'], 2]);
      expect(await listed(service, '/sources?q=%D0%BD%D0%BE%D0%B2', 'name')).toEqual([['Новости'], 1]);
      expect(await listed(service, '/sources?state=inactive', 'name')).toEqual([['b'], 1]);
      expect(await listed(service, '/sources?state=queued', 'name')).toEqual([['Новости'], 1]);
      expect(await listed(service, '/sources?target=NAS', 'name')).toEqual([[], 0]);
      expect(await listed(service, '/sources?sort=-id', 'id')).toEqual([[2, 1], 2]);
      expect((await service.as('monitor').get('/sources/targets')).body).toEqual([{ target: 'LOCAL' }]);
      await service.as('monitor').get('/sources?sort=size').expect(422);
    }),
  );

  it(
    'of targets has those that the settings name',
    withService(
      async (service) => {
        const { body } = await service.as('monitor').get('/sources/targets').expect(200);
        expect(body).toEqual([{ target: 'LOCAL' }, { target: 'NAS' }, { target: 'S3' }]);
      },
      { settings: { NAS_ROOT: '/mnt/nas', S3_BUCKET: 'bucket' } },
    ),
  );

  it(
    'of runs is that of all sources, or of one, with its log and its files',
    withService(async (service) => {
      const source = await seedSource(service, { name: 'one' });
      const other = await seedSource(service, { name: 'two' });
      const run = await seedProgress(service, source.id, 'replica');
      await seedRun(service, other.id);
      expect(await listed(service, '/runs', 'source_name')).toEqual([['two', 'one'], 2]);
      expect(await listed(service, '/runs?state=running&state=waiting', 'id')).toEqual([[run.id], 1]);
      expect(await listed(service, `/runs?source_id=${other.id}`, 'source_name')).toEqual([['two'], 1]);
      expect(await listed(service, `/sources/${source.id}/runs?q=one`, 'total_messages')).toEqual([[50], 1]);
      await service.as('admin').get('/sources/99/runs').expect(404);
      const { runs } = service.container.database;
      for (const level of ['info', 'error'] as const)
        await runs.log(run.id, [{ at: 0, level, message: level }]);
      expect(await listed(service, `/runs/${run.id}/logs`, 'message')).toEqual([['info', 'error'], 2]);
      expect(await listed(service, `/runs/${run.id}/logs?level=error`, 'message')).toEqual([['error'], 1]);
      expect(await listed(service, `/runs/${run.id}/logs?sort=-id&limit=1`, 'message')).toEqual([
        ['error'],
        2,
      ]);
      const { body } = await service.as('admin').get(`/runs/${run.id}/logs?limit=1`);
      const after = `/flows/runs/${run.id}/logs?after=${body[0].id}`;
      expect(await listed(service, after, 'message')).toEqual([['error'], 1]);
      expect(await listed(service, `/runs/${run.id}/files?limit=1`, 'name')).toEqual([['a.pdf'], 2]);
      expect(await listed(service, `/sources/${source.id}/files?state=skipped`, 'run_id')).toEqual([
        [run.id],
        1,
      ]);
      expect(await listed(service, '/files?q=pdf&state=stored', 'source_name')).toEqual([[source.name], 1]);
      await service.as('admin').get('/sources/99/files').expect(404);
    }),
  );

  it(
    'of leases is searched and sorted, and names the key and the address of each holder',
    withService(
      async (service) => {
        const { body: key } = await service
          .as('admin')
          .post('/keys')
          .send({ name: 'scraper', role: 'worker' });
        const { body: lease } = await service.as(null).get('/session').set('X-API-Key', key.key).expect(200);
        await service.lease('ttl=5');
        const { body, headers } = await service.as('monitor').get('/leases').expect(200);
        expect(headers['x-total-count']).toBe('2');
        expect(body).toMatchObject([
          { holder: `key:${key.id}`, holder_name: 'scraper', address: '127.0.0.1', lease_id: null },
          { holder_name: expect.stringMatching(/^API_KEYS /) },
        ]);
        const { session_name } = lease;
        expect(await listed(service, '/leases?sort=-expires_at&limit=1', 'session_name')).toEqual([
          [session_name],
          2,
        ]);
        expect(await listed(service, `/leases?holder=key:${key.id}`, 'session_name')).toEqual([
          [session_name],
          1,
        ]);
        expect(await listed(service, '/leases?q=env:', 'held_seconds')).toEqual([[0], 1]);
        await service.as('admin').delete(`/keys/${key.id}`).expect(200);
        expect((await listed(service, '/leases', 'holder_name'))[0]).toContain('scraper');
        const named = { holder: `key:${key.id}`, holder_name: 'scraper' };
        const session = `/sessions/${lease.session_id}`;
        expect((await service.as('monitor').get(session)).body).toMatchObject(named);
        for (const history of [`${session}/history`, '/events/history'])
          expect((await service.as('monitor').get(history)).body).toContainEqual(
            expect.objectContaining({ ...named, event: 'leased' }),
          );
      },
      { files: some(2) },
    ),
  );

  it(
    'of keys and of audit entries is searched, filtered and sorted',
    withService(async (service) => {
      const admin = service.as('admin');
      for (const [name, role] of [
        ['beta', 'worker'],
        ['Alpha', 'monitor'],
      ]) {
        const expires_at = name === 'beta' ? '2031-01-01T00:00:00Z' : null;
        await admin.post('/keys').send({ name, role, expires_at }).expect(201);
      }
      expect(await listed(service, '/keys?q=ALPH', 'name')).toEqual([['Alpha'], 1]);
      expect(await listed(service, '/keys?role=worker', 'name')).toEqual([['beta'], 1]);
      expect(await listed(service, '/keys?sort=name&limit=1', 'name')).toEqual([['Alpha'], 2]);
      expect(await listed(service, '/keys?sort=-expires_at', 'name')).toEqual([['beta', 'Alpha'], 2]);
      expect(await listed(service, '/audit?q=key:2', 'object')).toEqual([['key:2'], 1]);
      expect(await listed(service, '/audit?sort=at', 'object')).toEqual([['key:1', 'key:2'], 2]);
      expect(await listed(service, '/audit?outcome=failed', 'object')).toEqual([[], 0]);
      const { body } = await admin.get('/keys/self');
      expect(await listed(service, `/audit?key=${body.holder}&limit=1`, 'object')).toEqual([['key:2'], 2]);
      expect(await listed(service, '/audit?key=key:9', 'object')).toEqual([[], 0]);
    }),
  );
});
