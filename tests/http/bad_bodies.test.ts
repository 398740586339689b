import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { Test } from 'supertest';
import { type Service, withService } from '../service/service.js';

const TEN_MEGABYTES = 10 * 1024 * 1024;

function release(service: Service, type?: string): Test {
  const request = service.as('worker').post('/release');
  return type === undefined ? request : request.set('Content-Type', type);
}

describe('a body', () => {
  it.each([
    '{"session_id": 1',
    '{session_id: 1}',
    '{"session_id": 1}}',
    'session_id=1',
    '\u0000',
    '{"a": NaN}',
  ])('of broken JSON is 422: %j', (text) =>
    withService(async (service) => {
      const answer = await release(service, 'application/json').send(text);
      expect(answer.status).toBe(422);
      expect(answer.body).toEqual({
        detail: [{ loc: ['body'], msg: expect.any(String), type: 'json_invalid' }],
        code: 'invalid_input',
      });
    })(),
  );

  it.each(['[]', '"1"', '42', 'null', 'true', '[{"session_id": 1}]'])(
    'of JSON that is not an object is 422: %s',
    (text) =>
      withService(async (service) => {
        const answer = await release(service, 'application/json').send(text);
        expect(answer.status).toBe(422);
        expect(answer.body.detail[0]).toMatchObject({ loc: ['body'] });
      })(),
  );

  it(
    'of an unsupported type counts as none',
    withService(async (service) => {
      for (const type of ['text/plain', 'application/xml', 'application/octet-stream', 'nonsense']) {
        const answer = await release(service, type).send('session_id=1');
        expect([type, answer.status, answer.body.detail[0].type]).toEqual([type, 422, 'missing']);
        await service
          .as('worker')
          .post('/release?session_id=1')
          .set('Content-Type', type)
          .send('x')
          .expect(200);
      }
    }),
  );

  it(
    'of 10 MB is 413 in every form, and the service continues',
    withService(async (service) => {
      const big = 'x'.repeat(TEN_MEGABYTES);
      const bodies = [
        release(service, 'application/json').send(`{"session_id": "${big}"}`),
        release(service, 'application/x-www-form-urlencoded').send(`session_id=${big}`),
        release(service).field('session_id', big),
      ];
      for (const body of bodies) {
        const { status, body: answered } = await body;
        expect(status).toBe(413);
        expect(answered).toEqual({ detail: expect.any(String), code: 'body_too_large' });
      }
      await release(service).send({ session_id: 1 }).expect(200);
    }),
  );

  it(
    'that decompresses to a huge size is 413 as well',
    withService(async (service) => {
      const bomb = gzipSync(`{"session_id": "${'1'.repeat(TEN_MEGABYTES)}"}`);
      const request = release(service, 'application/json').set('Content-Encoding', 'gzip');
      request.write(bomb);
      expect((await request).status).toBe(413);
    }),
  );

  it.each([
    ['broken gzip', { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' }, 'no gzip at all'],
    ['an unknown encoding', { 'Content-Type': 'application/json', 'Content-Encoding': 'rot13' }, '{}'],
    ['an unknown charset', { 'Content-Type': 'application/json; charset=klingon' }, '{}'],
    ['a multipart form without a boundary', { 'Content-Type': 'multipart/form-data' }, 'x'],
    [
      'a multipart form cut off',
      { 'Content-Type': 'multipart/form-data; boundary=b' },
      '--b\r\nContent-Disp',
    ],
    ['too many form fields', { 'Content-Type': 'application/x-www-form-urlencoded' }, 'a=1&'.repeat(2000)],
  ] as const)('with %s is the caller’s mistake', (_, headers, text) =>
    withService(async (service) => {
      const answer = await release(service).set(headers).send(text);
      expect([400, 413, 415, 422]).toContain(answer.status);
      expect(answer.body).toHaveProperty('detail');
      await release(service).send({ session_id: 1 }).expect(200);
    })(),
  );

  it(
    'of a form with a file, too many fields, or fields with very long names is the caller’s mistake as well',
    withService(async (service) => {
      const many = release(service);
      for (let index = 0; index < 60; index += 1) many.field(`f${index}`, 'x');
      const forms = [
        release(service).field('session_id', '1').attach('file', Buffer.from('x'), 'x.session'),
        release(service).attach('session_id', Buffer.from('1'), '1'),
        many,
        release(service).field('n'.repeat(5000), 'x'),
      ];
      for (const form of forms) {
        const { status, body } = await form;
        expect([413, 422]).toContain(status);
        expect(body).toHaveProperty('detail');
      }
    }),
  );
});
