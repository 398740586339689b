import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createOpenApi } from '../../src/http/openapi.js';
import { bytes, MAX_BYTES, raw, uploading, uploadRoutes } from './upload_app.js';

describe('a file in a multipart form', () => {
  it(
    'reaches the handler byte for byte, with its field, its name and the other fields',
    uploading(async ({ server }, given) => {
      await request(server)
        .post('/with')
        .field('note', 'n')
        .attach('session_file', bytes, 'my.session')
        .expect(200);
      expect(given).toEqual([
        { input: { note: 'n' }, file: { field: 'session_file', name: 'my.session', bytes } },
      ]);
    }),
  );

  it(
    'may be as large as the route allows, or empty, or missing',
    uploading(async ({ server }, given) => {
      for (const size of [0, 1, MAX_BYTES]) {
        const { body } = await request(server).post('/with').attach('session_file', Buffer.alloc(size), 'x');
        expect(body).toEqual({ name: 'x', size });
      }
      for (const none of [request(server).post('/with'), request(server).post('/with').field('note', 'n')]) {
        expect((await none.expect(200)).body).toEqual({ name: null, size: null });
      }
      await request(server).post('/with').send({ note: 'n' }).expect(200);
      expect(given.at(-1)).toEqual({ input: { note: 'n' }, file: null });
    }),
  );

  it(
    'that is larger is a 413 that names the field and the limit',
    uploading(async ({ server }, given) => {
      for (const size of [MAX_BYTES + 1, 10 * 1024 * 1024]) {
        const answer = await request(server).post('/with').attach('session_file', Buffer.alloc(size), 'x');
        expect(answer.status).toBe(413);
        expect(answer.body).toEqual({
          detail: 'The file in "session_file" is larger than 64 KiB',
          code: 'body_too_large',
          field: 'session_file',
        });
      }
      expect(given).toEqual([]);
    }),
  );

  it.each([
    ['Основной аккаунт.session', 'Основной аккаунт.session'],
    ['日本.session', '日本.session'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\\\Users\\\\me\\\\a.session', 'a.session'],
    ['a%22b.session', 'a"b.session'],
  ])('called %s keeps its name, without directories', (filename, name) =>
    uploading(async (app, given) => {
      const part = `Content-Disposition: form-data; name="session_file"; filename="${filename}"`;
      expect(await raw(app, `--b\r\n${part}\r\n\r\nx\r\n--b--\r\n`)).toContain('200 OK');
      expect(given[0]?.file?.name).toBe(name);
    })(),
  );
});

describe('the API`s document', () => {
  it('shows the file as binary in a multipart form, next to the other fields', () => {
    const document = JSON.parse(JSON.stringify(createOpenApi(uploadRoutes(), '1')));
    const content = (path: string) => document.paths[path].post.requestBody.content;
    expect(content('/with')['multipart/form-data'].schema).toMatchObject({
      type: 'object',
      properties: { note: { type: 'string' }, session_file: { type: 'string', format: 'binary' } },
    });
    expect(Object.keys(content('/with')['application/json'].schema.properties)).toEqual(['note']);
    expect(content('/without')).not.toHaveProperty('multipart/form-data');
  });
});
