import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withService } from '../service/service.js';
import { fixture } from './session_files.js';
import { listed, samples, sync } from './sync_files.js';

describe('POST /sync', () => {
  const two = { 'a.session': fixture('alpha.session'), 'b.session': fixture('bravo.session') };

  it(
    'registers new files and forgets removed ones',
    withService(
      async (service) => {
        service.write('c.session', fixture('charlie.session'));
        service.write('d.session', fixture('delta.session'));
        rmSync(join(service.sessionsDir, 'b.session'));
        const answer = await service.as('admin').post('/sync').expect(200);
        expect(answer.body).toMatchObject({
          status: 'sync complete',
          details: {
            new_sessions: 2,
            removed_sessions: 1,
            total_sessions: 3,
            updated_sessions: 0,
            missing_sessions: 0,
            rejected: [],
          },
        });
        expect(await sync(service)).toMatchObject({
          new_sessions: 0,
          removed_sessions: 0,
          updated_sessions: 0,
          total_sessions: 3,
        });
        expect([...(await listed(service)).keys()]).toEqual(['a', 'c', 'd']);
      },
      { files: two },
    ),
  );

  it(
    'keeps a leased session whose file is gone as missing, until the file is back',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease('session_name=a');
        renameSync(join(service.sessionsDir, 'a.session'), join(service.directory, 'a.session'));
        expect(await sync(service)).toMatchObject({
          removed_sessions: 0,
          missing_sessions: 1,
          total_sessions: 2,
        });
        await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
        expect(await service.status()).toMatchObject({ free: 1, unavailable_reasons: { missing: 1 } });
        await service.as('worker').get('/session?session_name=a').expect(503);
        renameSync(join(service.directory, 'a.session'), join(service.sessionsDir, 'a.session'));
        await sync(service);
        expect(await service.lease('session_name=a')).toMatchObject({ session_id });
      },
      { files: two },
    ),
  );

  it(
    'takes a renamed file for the same session, with its tags and its history',
    withService(
      async (service) => {
        await service
          .as('admin')
          .put('/sessions/1')
          .send({ tags: ['kept'] });
        mkdirSync(join(service.sessionsDir, 'moved'));
        renameSync(join(service.sessionsDir, 'a.session'), join(service.sessionsDir, 'moved/z.session'));
        expect(await sync(service)).toMatchObject({
          new_sessions: 0,
          removed_sessions: 0,
          updated_sessions: 1,
        });
        expect((await listed(service)).get('moved/z')).toMatchObject({
          id: 1,
          tags: ['kept'],
          status: 'free',
        });
      },
      { files: two },
    ),
  );

  it(
    'sees that a file was replaced by another account, by a dead one, and by a good one again',
    withService(
      async (service) => {
        const status = async () => (await listed(service)).get('a')?.status;
        service.write('a.session', fixture('charlie.session'));
        expect(await sync(service)).toMatchObject({ updated_sessions: 1, new_sessions: 0 });
        service.write('a.session', fixture('broken/logged_out.session'));
        await sync(service);
        expect(await status()).toBe('dead');
        service.write('a.session', fixture('alpha.session'));
        await sync(service);
        expect(await status()).toBe('free');
        service.write('a.session', fixture('bravo.session'));
        await sync(service);
        const states = [...(await listed(service)).values()].map((session) => session.status);
        expect(states.sort()).toEqual(['duplicate', 'free']);
      },
      { files: two },
    ),
  );

  it(
    'makes the copy leasable when its original goes',
    withService(
      async (service) => {
        rmSync(join(service.sessionsDir, 'alpha.session'));
        await sync(service);
        expect((await listed(service)).get('duplicates/alpha_copy')).toMatchObject({
          status: 'free',
          status_reason: null,
        });
      },
      { files: samples },
    ),
  );

  it(
    'with dry_run says what would happen and changes nothing',
    withService(
      async (service) => {
        rmSync(join(service.sessionsDir, 'b.session'));
        service.write('new.session');
        const before = await listed(service);
        const said = { new_sessions: 1, removed_sessions: 1, total_sessions: 2 };
        expect(await sync(service, '?dry_run=true')).toMatchObject(said);
        expect(await listed(service)).toEqual(before);
        expect(await sync(service)).toMatchObject(said);
      },
      { files: two },
    ),
  );
});
