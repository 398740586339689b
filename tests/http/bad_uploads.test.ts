import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { until } from '../service/manual_time.js';
import { begin, bytes, MAX_BYTES, REST, raw, upload, uploading } from './upload_app.js';

describe('an unexpected form is the sender’s mistake', () => {
  it(
    'with the file in another field, or with two files: the answer names the expected field',
    uploading(async ({ server }, given) => {
      const forms = [
        request(server).post('/with').attach('file', bytes, 'x'),
        request(server).post('/with').attach('session_file', bytes, 'x').attach('session_file', bytes, 'y'),
        request(server).post('/with').attach('session_file', bytes, 'x').attach('other', bytes, 'y'),
      ];
      for (const form of forms) {
        const { status, body } = await form;
        expect(status).toBe(422);
        expect(body.detail[0].msg).toContain('expected one file, in the field "session_file"');
      }
      expect(given).toEqual([]);
    }),
  );

  it(
    'with text instead of the file, in any kind of body',
    uploading(async ({ server }, given) => {
      const texts = [
        request(server).post('/with').field('session_file', 'my.session'),
        request(server).post('/with').type('form').send({ session_file: 'my.session' }),
        request(server).post('/with').send({ session_file: 'AAAA' }),
      ];
      for (const text of texts) {
        const { status, body } = await text;
        expect(status).toBe(422);
        expect(body.detail).toEqual([
          {
            loc: ['body', 'session_file'],
            msg: expect.stringContaining('expected a file'),
            type: 'value_error',
          },
        ]);
      }
      expect(given).toEqual([]);
    }),
  );

  it(
    'with a file for a route that expects none, while its plain fields are accepted',
    uploading(async ({ server }, given) => {
      const { status, body } = await request(server).post('/without').attach('session_file', bytes, 'x');
      expect([status, body.detail[0].msg]).toEqual([422, 'no file is expected here']);
      await request(server).post('/without').field('note', 'n').expect(200);
      expect(given).toEqual([{ input: { note: 'n' }, file: null }]);
    }),
  );

  const disposition = 'Content-Disposition: form-data; name="session_file"; filename="x"';
  it.each([
    ['cut off in the file', `--b\r\n${disposition}\r\n\r\nhalf of`],
    ['cut off in a header', '--b\r\nContent-Disp'],
    ['without any part', 'x'],
    ['with another boundary', `--c\r\n${disposition}\r\n\r\nx\r\n--c--\r\n`],
    ['with a broken header', `--b\r\n: ${'x'.repeat(100)}\r\n\r\nx\r\n--b--\r\n`],
    ['with a field without a name', '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n'],
    [
      'with a file without a field',
      '--b\r\nContent-Disposition: form-data; filename="x"\r\n\r\nx\r\n--b--\r\n',
    ],
    ['with too many fields', '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.repeat(99)],
  ])('%s', (_, body) =>
    uploading(async (app, given) => {
      expect(await raw(app, body)).toMatch(/^HTTP\/1\.1 4(13|22) /);
      expect(given).toEqual([]);
      await request(app.server).post('/with').attach('session_file', bytes, 'x').expect(200);
    })(),
  );
});

describe('many uploads', () => {
  it(
    'at once are answered with 503 from the fifth on, until one is complete or aborted',
    uploading(async (app, given) => {
      const held = await Promise.all(Array.from({ length: 4 }, () => begin(app)));
      await until(async () => (await upload(app)).status === 503);
      const refused = await upload(app);
      expect(refused.headers['retry-after']).toBe('1');
      expect(refused.body.detail).toMatchObject({ error: 'too_many_uploads' });
      await request(app.server).post('/without').field('note', 'n').expect(200);
      await request(app.server).post('/with').send({ note: 'n' }).expect(200);
      held[0]?.socket.destroy();
      await until(async () => (await upload(app)).status === 200);
      for (const { socket } of held.slice(1)) socket.write(REST);
      for (const { heard } of held.slice(1)) await until(() => heard().startsWith('HTTP/1.1 200'));
      expect(given.filter(({ file }) => file?.name === 'held')).toHaveLength(3);
    }),
  );

  it(
    'that were aborted, or grew too large, make room for others',
    uploading(async (app, given) => {
      for (let turn = 0; turn < 6; turn += 1) {
        const { socket } = await begin(app, 1024 * 1024);
        socket.write('x'.repeat(turn % 2 === 0 ? 10 : MAX_BYTES * 2));
        socket.destroy();
      }
      await until(async () => (await upload(app)).status === 200);
      expect(given.every(({ file }) => file?.name === 'x')).toBe(true);
    }),
  );
});
