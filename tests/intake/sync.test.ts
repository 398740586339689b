import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { wantedSource } from '../contracts/sources.js';
import { type Service, some, withService } from '../service/service.js';
import { fixture, manifest, samples, telethonFile } from './session_files.js';
import { listed, sync } from './syncing.js';

describe('POST /sync', () => {
  const two = { 'a.session': fixture('alpha.session'), 'b.session': fixture('bravo.session') };

  it(
    'adds new files and removes deleted ones',
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
    'treats a renamed file as the same session, with its tags and history',
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
    'notices that a file was replaced by another account, by a dead one, and by a valid one again',
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
    'makes the copy leasable when its original is removed',
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
    'with dry_run reports what would change, and changes nothing',
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

describe('the sample files', () => {
  it(
    'are added as their manifest says',
    withService(
      async (service) => {
        const byFile = new Map(
          [...(await listed(service)).values()].map((session) => [session.session_file, session]),
        );
        for (const [file, { format, usable, duplicate_of }] of Object.entries(manifest)) {
          if (file.endsWith('.json')) continue;
          const status = duplicate_of ? 'duplicate' : usable === false ? 'dead' : 'free';
          expect([file, byFile.get(file)]).toEqual([file, expect.objectContaining({ format, status })]);
        }
        expect(byFile.get('broken/logged_out.session')?.status_reason).toBe('no auth key');
        expect(byFile.get('broken/short_key.session')?.status_reason).toContain('200 bytes');
        expect(byFile.get('duplicates/alpha_copy.session')?.status_reason).toBe('same auth key as alpha');
        expect((await sync(service)).rejected).toEqual([
          { file: 'broken/bad.json', reason: expect.any(String) },
        ]);
      },
      { files: samples },
    ),
  );

  it(
    'are leased once per usable account, and a copy never alongside its original',
    withService(
      async (service) => {
        const { free } = await service.status();
        const names: string[] = [];
        for (let turn = 0; turn < Number(free); turn += 1) names.push((await service.lease()).session_name);
        await service.as('worker').get('/session').expect(503);
        const usable = Object.entries(manifest).filter(
          ([file, { usable, duplicate_of }]) =>
            file.endsWith('.session') && usable !== false && !duplicate_of,
        );
        expect(names).toHaveLength(usable.length);
        expect(new Set(names).size).toBe(names.length);
        expect(names).toContain('alpha');
        expect(names).toContain('573025288905');
        expect(names).toContain('Основной аккаунт');
        expect(names).not.toContain('duplicates/alpha_copy');
        await service.as('worker').get('/session?session_name=duplicates/alpha_copy').expect(503);
      },
      { files: samples },
    ),
  );

  it(
    'are unchanged, byte for byte, with nothing next to them',
    withService(
      async (service) => {
        const paths = Object.keys(samples).sort();
        await sync(service);
        await service.lease('session_name=alpha&credentials=file');
        const now = readdirSync(service.sessionsDir, { recursive: true, encoding: 'utf8' });
        expect(now.filter((path) => statSync(join(service.sessionsDir, path)).isFile()).sort()).toEqual(
          paths,
        );
        for (const path of paths)
          expect(readFileSync(join(service.sessionsDir, path)).equals(fixture(path))).toBe(true);
      },
      { files: samples },
    ),
  );
});

/** Makes a source refer to each of the sessions. */
async function referTo(service: Service, sessionIds: readonly number[]): Promise<void> {
  const { sources } = service.container.database;
  for (const sessionId of sessionIds) await sources.create(wantedSource({ sessionId }), null, 0);
}

function remove(service: Service, paths: readonly string[]): void {
  for (const path of paths) rmSync(join(service.sessionsDir, path));
}

describe('a session that a source uses, and whose file is gone', () => {
  it(
    'is missing after each sync, comes back with its file, and goes once no source names it',
    withService(
      async (service) => {
        const statusOf = async () => (await listed(service)).get('a')?.status;
        await referTo(service, [1]);
        remove(service, ['a.session']);
        expect(await sync(service)).toMatchObject({ removed_sessions: 0, total_sessions: 1 });
        await sync(service);
        expect(await statusOf()).toBe('missing');
        service.write('a.session', telethonFile());
        expect(await sync(service)).toMatchObject({ new_sessions: 0, total_sessions: 1 });
        expect(await statusOf()).toBe('free');
        remove(service, ['a.session']);
        await sync(service);
        await service.container.database.sources.remove(1);
        expect(await sync(service)).toMatchObject({ removed_sessions: 1, total_sessions: 0 });
      },
      { files: { 'a.session': telethonFile() } },
    ),
  );

  it(
    'keeps its id when the file reappears under another name',
    withService(
      async (service) => {
        await referTo(service, [1]);
        const file = telethonFile();
        service.write('a.session', file);
        await sync(service);
        remove(service, ['a.session']);
        await sync(service);
        service.write('b.session', file);
        await sync(service);
        expect((await listed(service)).get('b')).toMatchObject({ id: 1, status: 'free' });
      },
      { files: { 'a.session': telethonFile() } },
    ),
  );

  it(
    'counts towards a lost disk only when its file is found to be gone',
    withService(
      async (service) => {
        const paths = some(12).slice(0, 8);
        await referTo(
          service,
          Array.from({ length: 12 }, (_, index) => index + 1),
        );
        remove(service, paths);
        await service.as('admin').post('/sync').expect(409);
        await sync(service, '?force=true');
        service.write('new.session', telethonFile());
        expect(await sync(service)).toMatchObject({ new_sessions: 1, removed_sessions: 0 });
      },
      { files: some(12) },
    ),
  );
});
