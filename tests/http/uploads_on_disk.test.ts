import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { Uploads } from '../../src/http/uploads.js';
import { until } from '../service/manual_time.js';
import { withService } from '../service/service.js';
import { inDirectory } from '../storage/databases.js';
import { begin, bytes, MAX_BYTES, REST, raw, UPLOADS, upload, uploading } from './upload_app.js';

function lying(directory = UPLOADS): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

describe('a file during its upload', () => {
  it(
    'is on disk for this user only, and is deleted once it is read',
    uploading(async (app, given) => {
      const { socket, heard } = await begin(app);
      socket.write(REST.slice(0, 4));
      await until(() => lying().length === 1);
      expect(statSync(UPLOADS).mode & 0o777).toBe(0o700);
      expect(statSync(join(UPLOADS, lying()[0] ?? '')).mode & 0o777).toBe(0o600);
      socket.write(REST.slice(4));
      await until(() => heard().includes('200 OK'));
      expect(given[0]?.file?.bytes.toString()).toBe('half');
      expect(lying()).toEqual([]);
    }),
  );

  it(
    'is deleted however its form ends: too large, in another field, truncated, aborted',
    uploading(async (app) => {
      const { server } = app;
      const form = () => request(server).post('/with').attach('session_file', bytes, 'x');
      await request(server)
        .post('/with')
        .attach('session_file', Buffer.alloc(MAX_BYTES + 1), 'x')
        .expect(413);
      await form().attach('other', bytes, 'y').expect(422);
      await request(server)
        .post('/with')
        .attach('session_file', bytes, 'x')
        .query({ note: 1 })
        .field('note', 'n');
      await raw(
        app,
        '--b\r\nContent-Disposition: form-data; name="session_file"; filename="x"\r\n\r\nhalf of',
      );
      for (let turn = 0; turn < 5; turn += 1) (await begin(app)).socket.destroy();
      await until(async () => (await upload(app)).status === 200);
      await until(() => lying().length === 0);
    }),
  );
});

describe('received files', () => {
  it('are in memory one at a time', () =>
    inDirectory(async (directory) => {
      const ids: string[] = [];
      const uploads = new Uploads(join(directory, 'uploads'), () => {
        ids.push(`file-${ids.length}`);
        return ids.at(-1) ?? '';
      });
      const places = await Promise.all([1, 2, 3, 4].map(() => uploads.take()));
      await expect(uploads.take()).rejects.toMatchObject({ detail: { error: 'too_many_uploads' } });
      mkdirSync(join(directory, 'uploads'));
      for (const id of ids) writeFileSync(join(directory, 'uploads', id), id);
      let held = 0;
      const read = await Promise.all(
        places.map((place) =>
          place.use(async (content) => {
            held += 1;
            expect(held).toBe(1);
            await setImmediate();
            held -= 1;
            return content.toString();
          }),
        ),
      );
      expect(read).toEqual(ids);
      expect(lying(join(directory, 'uploads'))).toEqual([]);
      await (await uploads.take()).leave();
    }));

  it('left by a killed process are deleted at the next start; those of another running one, not before an hour', () =>
    inDirectory(async (directory) => {
      const uploads = new Uploads(directory, () => 'x');
      const now = Date.now();
      for (const [name, age] of [
        ['old', 3_700],
        ['new', 10],
      ] as const) {
        writeFileSync(join(directory, name), 'x');
        utimesSync(join(directory, name), now / 1000 - age, now / 1000 - age);
      }
      await uploads.clear(true, now);
      expect(readdirSync(directory)).toEqual(['new']);
      await uploads.clear(false, now);
      expect(existsSync(directory)).toBe(false);
    }));

  it(
    'are removed by the start of the service',
    withService(
      async (service) => {
        await service.stop();
        mkdirSync(join(service.dataDir, 'uploads'), { recursive: true });
        writeFileSync(join(service.dataDir, 'uploads', 'left'), 'half of a session');
        await service.start();
        expect(lying(join(service.dataDir, 'uploads'))).toEqual([]);
        const text = readFileSync('tests/fixtures/session-files/broken/text.session');
        await service
          .as('admin')
          .post('/sessions/upload-file')
          .attach('session_file', text, 'a.session')
          .expect(400);
        expect(lying(join(service.dataDir, 'uploads'))).toEqual([]);
      },
      { database: 'sqlite' },
    ),
  );
});
