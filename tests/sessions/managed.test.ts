import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { wantedSource } from '../contracts/sources.js';
import { telethonFile } from '../intake/session_files.js';
import { type Service, withService } from '../service/service.js';

async function idOf(service: Service, name: string): Promise<number> {
  const sessions: { id: number; name: string }[] = (await service.as('admin').get('/sessions')).body;
  return sessions.find((session) => session.name === name)?.id ?? 0;
}

function put(service: Service, id: number, body: object) {
  return service.as('admin').put(`/sessions/${id}`).send(body);
}

describe('the list of sessions', () => {
  it(
    'is searched, filtered and sorted, and tells how many there are on all pages',
    withService(
      async (service) => {
        await put(service, await idOf(service, 'beta'), { tags: ['eu', 'fast'] }).expect(200);
        await put(service, await idOf(service, 'alpha'), { tags: ['eu'] }).expect(200);
        const list = async (query: string) => {
          const { body, headers } = await service.as('monitor').get(`/sessions?${query}`).expect(200);
          return [body.map(({ name }: { name: string }) => name), headers['x-total-count']];
        };
        expect(await list('sort=-name&limit=2')).toEqual([['gamma', 'beta'], '3']);
        expect(await list('sort=name&skip=1')).toEqual([['beta', 'gamma'], '3']);
        expect(await list('q=AM')).toEqual([['gamma'], '1']);
        expect(await list('q=fas')).toEqual([['beta'], '1']);
        expect(await list('tag=eu&sort=name')).toEqual([['alpha', 'beta'], '2']);
        expect(await list('tag=eu&tag=fast')).toEqual([['beta'], '1']);
        expect(await list('status=leased')).toEqual([[], '0']);
        await service.lease('session_name=gamma');
        expect(await list('status=leased')).toEqual([['gamma'], '1']);
      },
      { files: { 'alpha.session': 'one', 'beta.session': 'two', 'gamma.session': 'three' } },
    ),
  );

  it(
    'refuses what it can not be sorted or filtered by, and takes an empty field for none',
    withService(async (service) => {
      const list = (query: string) => service.as('monitor').get(`/sessions?${query}`);
      for (const [field, value] of [
        ['sort', 'size'],
        ['status', 'busy'],
      ] as const) {
        const refused = await list(`${field}=${value}`).expect(422);
        expect(refused.body.detail[0].loc).toEqual(['query', field]);
      }
      await list('sort=&status=&q=&tag=').expect(200);
    }),
  );
});

describe('a session that is renamed', () => {
  it(
    'keeps its id, its tags and its history; its file is renamed too',
    withService(
      async (service) => {
        const id = await idOf(service, 'old');
        await put(service, id, { tags: ['blue'] }).expect(200);
        const renamed = await put(service, id, { name: 'новое имя' }).expect(200);
        expect(renamed.body).toMatchObject({
          id,
          name: 'новое имя',
          session_name: 'новое имя',
          tags: ['blue'],
        });
        expect(readdirSync(service.sessionsDir)).toEqual(['новое имя.session']);
        const sync = await service.as('admin').post('/sync').expect(200);
        expect(sync.body.details).toMatchObject({ new_sessions: 0, removed_sessions: 0, total_sessions: 1 });
        expect(await idOf(service, 'новое имя')).toBe(id);
        const history = await service.as('admin').get(`/sessions/${id}/history`);
        expect(history.body.map(({ event }: { event: string }) => event)).toContain('renamed');
        expect((await service.lease()).session_name).toBe('новое имя');
      },
      { files: { 'old.session': telethonFile() } },
    ),
  );

  it(
    'moves its JSON file as well, out of its own directory',
    withService(
      async (service) => {
        const id = await idOf(service, '5551234567');
        const renamed = await put(service, id, { name: 'main' }).expect(200);
        expect(renamed.body).toMatchObject({ name: 'main', session_file: 'main.session' });
        expect(readdirSync(service.sessionsDir).sort()).toEqual(['main.json', 'main.session']);
      },
      {
        files: {
          '5551234567/5551234567.session': telethonFile(),
          '5551234567/5551234567.json': '{"phone_number":"+5551234567"}',
        },
      },
    ),
  );

  it(
    'may change the case of its own name, but not take another’s in any case',
    withService(
      async (service) => {
        const id = await idOf(service, 'ann');
        const taken = await put(service, id, { name: 'BOB' }).expect(409);
        expect(taken.body.detail).toMatchObject({
          error: 'name_taken',
          session_id: await idOf(service, 'bob'),
          session_name: 'bob',
        });
        const renamed = await put(service, id, { name: 'Ann' }).expect(200);
        expect(renamed.body.name).toBe('Ann');
        expect(readdirSync(service.sessionsDir).sort()).toEqual(['Ann.session', 'bob.session']);
      },
      { files: { 'ann.session': telethonFile(), 'bob.session': telethonFile() } },
    ),
  );

  it(
    'is refused names that cannot be file names, by their field',
    withService(
      async (service) => {
        const id = await idOf(service, 'ann');
        for (const name of ['', 'a/b', '../ann', '..', '.x', 'a\u0007', 'x'.repeat(300), 'a.json']) {
          const answer = await put(service, id, { name }).expect(422);
          expect(answer.body.detail[0].loc).toEqual(['body', 'name']);
        }
        expect(readdirSync(service.sessionsDir)).toEqual(['ann.session']);
      },
      { files: { 'ann.session': telethonFile() } },
    ),
  );

  it(
    'must not be in use',
    withService(
      async (service) => {
        const { session_id: id } = await service.lease();
        const answer = await put(service, id, { name: 'other' }).expect(409);
        expect(answer.body.detail).toMatchObject({ error: 'session_in_use', session_id: id });
        expect(readdirSync(service.sessionsDir)).toEqual(['ann.session']);
      },
      { files: { 'ann.session': telethonFile() } },
    ),
  );
});

describe('a session that is deleted', () => {
  it(
    'is deleted with its files',
    withService(
      async (service) => {
        const id = await idOf(service, '5551234567');
        const answer = await service.as('admin').delete(`/sessions/${id}`).expect(200);
        expect(answer.body).toEqual({ message: 'Session deleted successfully', id });
        expect(readdirSync(service.sessionsDir)).toEqual([]);
        await service.as('admin').get(`/sessions/${id}`).expect(404);
        await service.as('admin').delete(`/sessions/${id}`).expect(404);
      },
      { files: { '5551234567/5551234567.session': telethonFile(), '5551234567/5551234567.json': '{}' } },
    ),
  );

  it(
    'must not be in use',
    withService(
      async (service) => {
        const { session_id: id } = await service.lease();
        const answer = await service.as('admin').delete(`/sessions/${id}`).expect(409);
        expect(answer.body.detail).toMatchObject({ error: 'session_in_use' });
        expect(existsSync(join(service.sessionsDir, 'ann.session'))).toBe(true);
      },
      { files: { 'ann.session': telethonFile() } },
    ),
  );

  it(
    'passes its auth key to the other file that has it',
    withService(
      async (service) => {
        const { session_id: id, lease_id } = await service.lease();
        await service.as('worker').post('/release').send({ session_id: id, lease_id }).expect(200);
        await service.as('admin').delete(`/sessions/${id}`).expect(200);
        expect((await service.lease()).session_name).toBe('b');
      },
      {
        files: {
          'a.session': telethonFile(Buffer.alloc(256, 1)),
          'b.session': telethonFile(Buffer.alloc(256, 1)),
        },
      },
    ),
  );

  it(
    'must not be used by a source, and then keeps its file',
    withService(
      async (service) => {
        const id = 1;
        const { sources } = service.container.database;
        await sources.create(wantedSource({ name: 'news', sessionId: id }), null, 0);
        const answer = await service.as('admin').delete(`/sessions/${id}`).expect(409);
        expect(answer.body.detail).toMatchObject({
          ...{ error: 'session_in_use_by_source', source_id: 1, source_name: 'news' },
          message: expect.stringContaining('news'),
        });
        expect(readdirSync(service.sessionsDir)).toEqual(['ann.session']);
        await sources.remove(1);
        await service.as('admin').delete(`/sessions/${id}`).expect(200);
        expect(readdirSync(service.sessionsDir)).toEqual([]);
      },
      { files: { 'ann.session': telethonFile() } },
    ),
  );
});

describe('is_active of a session', () => {
  const told = async (service: Service, id: number) =>
    (await service.as('admin').get(`/sessions/${id}`).expect(200)).body;

  it(
    'can be set to all its values, which can be sent back as received',
    withService(
      async (service) => {
        const id = await idOf(service, 'ann');
        for (const [is_active, status] of [
          ['expired', 'dead'],
          ['active', 'free'],
          ['inactive', 'inactive'],
          ['expired', 'dead'],
          ['inactive', 'dead'],
          ['active', 'free'],
        ]) {
          const { body } = await put(service, id, { is_active }).expect(200);
          expect([is_active, body.status]).toEqual([is_active, status]);
          expect((await put(service, id, body).expect(200)).body).toMatchObject({
            status,
            is_active: body.is_active,
          });
          const free = status === 'free' ? 1 : 0;
          expect(await service.status()).toMatchObject({ total: 1, free });
        }
        const { body: history } = await service.as('admin').get(`/sessions/${id}/history`);
        const died = history.filter(({ event }: { event: string }) => event === 'died');
        expect(died).toHaveLength(2);
        await put(service, id, { is_active: 'gone' }).expect(422);
      },
      { files: { 'ann.session': telethonFile() } },
    ),
  );

  it(
    'that is set to expired ends its lease permanently',
    withService(
      async (service) => {
        const { session_id: id, lease_id } = await service.lease();
        await put(service, id, { is_active: 'expired' }).expect(200);
        await service.as('worker').post('/heartbeat').send({ session_id: id, lease_id }).expect(409);
        await service.time.advance(86_400);
        await service.as('worker').get('/session').expect(503);
        expect(await told(service, id)).toMatchObject({
          ...{ is_active: 'expired', status_reason: 'marked as expired' },
        });
      },
      { files: { 'ann.session': telethonFile() } },
    ),
  );
});

describe('the proxy of a session', () => {
  it(
    'is set by its parts or its URL, leased with its password, shown without it, and removed',
    withService(
      async (service) => {
        const id = await idOf(service, 'ann');
        const parts = { type: 'socks5', host: 'proxy.example', port: 1080, user: 'u', pass: 'secret-pass' };
        const shown = await put(service, id, { proxy: parts }).expect(200);
        expect(shown.body.proxy).toEqual({ type: 'socks5', host: 'proxy.example', port: 1080, user: 'u' });
        const leased = await service.as('worker').get('/session').expect(200);
        expect(leased.body.proxy).toEqual(parts);
        const byUrl = await put(service, id, { proxy: 'socks5://other.example:9' }).expect(200);
        expect(byUrl.body.proxy).toMatchObject({ host: 'other.example', port: 9, user: null });
        expect((await put(service, id, { proxy: null }).expect(200)).body).toMatchObject({
          proxy: byUrl.body.proxy,
        });
        expect((await put(service, id, { proxy: '' }).expect(200)).body.proxy).toBeNull();
        await service.stop();
        expect(await service.kept()).not.toContain('secret-pass');
      },
      { files: { 'ann.session': telethonFile() } },
    ),
  );

  it(
    'is rejected by its field if it is invalid',
    withService(
      async (service) => {
        const id = await idOf(service, 'ann');
        const ftp = await put(service, id, { proxy: 'ftp://x:1' }).expect(422);
        expect(ftp.body.detail[0].msg).toMatch(/type is one of socks5/);
        const bad = ['nonsense', 'ftp://x:1', 5, { type: 'socks5' }, { type: 'x', host: 'h', port: 1 }];
        for (const proxy of [
          ...bad,
          { type: 'socks5', host: 'a b', port: 99999 },
          { type: 'mtproxy', host: 'h', port: 1 },
        ]) {
          const answer = await put(service, id, { proxy }).expect(422);
          expect(answer.body.detail[0].loc.slice(0, 2)).toEqual(['body', 'proxy']);
        }
      },
      { files: { 'ann.session': telethonFile() } },
    ),
  );
});
