import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withService } from '../service/service.js';
import { fixture } from './session_files.js';
import { listed, manifest, samples, sync } from './sync_files.js';

describe('the sample files', () => {
  it(
    'are registered as their manifest says',
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
    'are leased once for each account that can be used, and the copy never beside its original',
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
    'lie there as before, byte for byte, and nothing lies beside them',
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
