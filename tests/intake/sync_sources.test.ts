import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { wantedSource } from '../contracts/sources.js';
import { type Service, some, withService } from '../service/service.js';
import { telethonFile } from './session_files.js';
import { listed, sync } from './sync_files.js';

/** Has a source name each of the sessions. */
async function referTo(service: Service, sessionIds: readonly number[]): Promise<void> {
  const { sources } = service.container.database;
  for (const sessionId of sessionIds) await sources.create(wantedSource({ sessionId }), null, 0);
}

function remove(service: Service, paths: readonly string[]): void {
  for (const path of paths) rmSync(join(service.sessionsDir, path));
}

describe('a session that a source names, and whose file is gone', () => {
  it(
    'is missing after each look, comes back with its file, and goes once no source names it',
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
    'keeps its id when the file turns up under another name',
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
    'looks like a lost disk only when it is found to be gone',
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
