import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ScrapedFile } from '../../src/runs/store.js';
import type { Target } from '../../src/sources/store.js';
import { type Service, withService } from '../service/service.js';
import { seedRun, seedSource } from '../sources/seeding.js';

const TEXT = 'the content of the file';
const SHA256 = 'ab'.repeat(32);

const FILE: ScrapedFile = {
  ...{ messageId: 7, path: 'source-1/files/2025-03/7_a.txt', name: 'отчёт "1".txt', mimeType: 'text/html' },
  ...{ sizeBytes: TEXT.length, sha256: SHA256, state: 'stored', reason: null },
};

/** A run that has found this file, which is stored below the root unless `content` is null. */
async function storing(
  service: Service,
  over: Partial<ScrapedFile> = {},
  target: Target = 'LOCAL',
  root = localRoot(service),
) {
  const { database, clock } = service.container;
  const source = await seedSource(service, { target });
  const { id } = await seedRun(service, source.id);
  const now = clock.now();
  await database.runs.take('owner', now + 60_000, 9, now);
  const file = { ...FILE, ...over };
  const checkpoint = { lastMessageId: 9, monthPath: null, monthBytes: 0 };
  await database.runs.store(id, 'owner', { checkpoint, files: [file], progress: {} }, now);
  const [listed] = await database.runLists.files({ skip: 0, limit: 1 }, { runId: id });
  if (file.path !== null) write(join(root, file.path), TEXT);
  return { path: `/runs/${id}/files/${listed?.id}/content`, sourceId: source.id, fileId: listed?.id };
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function localRoot({ dataDir }: Service): string {
  return join(dataDir, 'scraped');
}

describe('a file of a run', () => {
  it(
    'is downloaded under its own name, as an attachment that browsers do not run',
    withService(async (service) => {
      const { path, sourceId, fileId } = await storing(service);
      for (const asked of [path, `/flows${path}`, `/api/v1/sources/${sourceId}/files/${fileId}/content`]) {
        const answer = await service.as('admin').get(asked).buffer(true).expect(200);
        expect(answer.text).toBe(TEXT);
        expect(answer.headers).toMatchObject({
          'content-type': 'text/html',
          'content-length': String(TEXT.length),
          'content-security-policy': "sandbox; default-src 'none'",
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          etag: `"${SHA256}"`,
        });
        const { 'content-disposition': disposition } = answer.headers;
        expect(disposition).toContain('attachment; filename=');
        expect(disposition).toContain(`filename*=UTF-8''${encodeURIComponent('отчёт "1".txt')}`);
      }
      const head = await service.as('admin').head(path).expect(200);
      expect(head.headers['content-length']).toBe(String(TEXT.length));
    }),
  );

  it(
    'is sent in parts, so that a download can be resumed',
    withService(async (service) => {
      const { path } = await storing(service);
      const part = (range: string) => service.as('admin').get(path).set('Range', range).buffer(true);
      const middle = await part('bytes=4-10').expect(206);
      expect([middle.text, middle.headers['content-range']]).toEqual([
        'content',
        `bytes 4-10/${TEXT.length}`,
      ]);
      expect((await part('bytes=-4').expect(206)).text).toBe('file');
      expect((await part('bytes=19-').set('If-Range', `"${SHA256}"`).expect(206)).text).toBe('file');
      expect((await part('bytes=19-').set('If-Range', '"other"').expect(200)).text).toBe(TEXT);
      expect((await part('bytes=0-1,5-6').expect(200)).text).toBe(TEXT);
      await part('bytes=99-').expect(416);
    }),
  );

  it(
    'is one of that run or source, and only for admins',
    withService(async (service) => {
      const { path, fileId, sourceId } = await storing(service);
      for (const asked of [`/runs/99/files/${fileId}/content`, `/sources/99/files/${fileId}/content`]) {
        expect((await service.as('admin').get(asked).expect(404)).body.code).toBe('file_not_found');
      }
      await service.as('admin').get(`/sources/${sourceId}/files/99/content`).expect(404);
      await service.as('monitor').get(path).expect(403);
    }),
  );

  it(
    'that was skipped, or is gone from the disk, says so',
    withService(async (service) => {
      const skipped = { path: null, sha256: null, state: 'skipped', reason: 'too large' } as const;
      const { path } = await storing(service, skipped);
      const refused = await service.as('admin').get(path).expect(409);
      expect(refused.body.detail).toMatchObject({ error: 'file_not_stored' });
      const gone = await storing(service);
      rmSync(join(localRoot(service), String(FILE.path)));
      await service.as('admin').get(gone.path).expect(404);
    }),
  );

  it(
    'is not read where a symbolic link leads out of the target’s root, nor from a directory',
    withService(async (service) => {
      const outside = join(service.directory, 'outside');
      write(join(outside, '7_a.txt'), 'secret');
      mkdirSync(join(localRoot(service), 'source-1', 'files'), { recursive: true });
      symlinkSync(outside, join(localRoot(service), 'source-1', 'files', 'out'));
      const { path } = await storing(service, { path: 'source-1/files/out/7_a.txt' });
      rmSync(join(outside, '7_a.txt'));
      writeFileSync(join(outside, '7_a.txt'), 'secret');
      const refused = await service.as('admin').get(path).expect(500);
      expect(refused.text).not.toContain('secret');
      expect(refused.text).not.toContain(service.directory);
      const climbing = await storing(service, { path: '../outside/7_a.txt' });
      await service.as('admin').get(climbing.path).expect(500);
      const directory = await storing(service, { path: 'source-3/files/d/x' });
      rmSync(join(localRoot(service), 'source-3/files/d/x'));
      mkdirSync(join(localRoot(service), 'source-3/files/d/x'));
      await service.as('admin').get(directory.path).expect(404);
    }),
  );

  it('on a NAS is read there', async () => {
    const { mkdtempSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const nas = mkdtempSync(join(tmpdir(), 'nas-'));
    await withService(
      async (service) => {
        const { path } = await storing(service, {}, 'NAS', nas);
        expect((await service.as('admin').get(path).buffer(true).expect(200)).text).toBe(TEXT);
      },
      { settings: { NAS_ROOT: nas } },
    )();
    rmSync(nas, { recursive: true });
  });
});
