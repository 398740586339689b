import { describe, expect, it } from '@jest/globals';
import { type Service, some, withService } from '../service/service.js';

describe('other parameters', () => {
  it(
    'unknown to all routes are ignored',
    withService(
      async (service) => {
        await service.as('worker').get('/status?utm=1&__proto__=x&constructor=y').expect(200);
        await service
          .as('worker')
          .post('/release?session_id=1&color=red')
          .send({ shape: 'round' })
          .expect(200);
        await service.lease('speed=fast');
      },
      { files: some(1) },
    ),
  );

  it.each([
    ['tag', 'x'.repeat(65)],
    ['tag', 'a\u0000b'],
    ['method', 'drop table'],
    ['credentials', 'all'],
    ['format', 'tdata'],
    ['session_name', 'x'.repeat(1025)],
  ])('of /session are checked: %s=%j', (field, value) =>
    withService(async (service) => {
      const answer = await service
        .as('worker')
        .get('/session')
        .query({ [field]: value });
      expect(answer.status).toBe(422);
      expect(answer.body.detail[0].loc.slice(0, 2)).toEqual(['query', field]);
    })(),
  );

  it.each<[string, object, RegExp]>([
    ['egress', { egress: 'maybe' }, /^expected true or false$/],
    ['tag', { tag: [5] }, /expected string/],
    ['tag', { tag: ['x'.repeat(65)] }, /<=64 characters/],
    ['tag', { tag: Array(21).fill('t') }, /<=20 items/],
    ['ttl', { ttl: [1, 2] }, /^given more than once; expected a whole number from 1 to 86400$/],
    ['strategy', { strategy: 'best' }, /least_recently_used/],
  ])('say what was wanted of them: %s in %j', (field, wish, wanted) =>
    withService(async (service) => {
      const { body } = await service.as('worker').post('/session').send(wish).expect(422);
      expect(body.field).toBe(field);
      expect(body.detail[0].msg).toMatch(wanted);
    })(),
  );

  it(
    'within a list say what was wanted, and where',
    withService(async (service) => {
      const peers = [
        null,
        { id: 5, access_hash: 6, title: 7 },
        { id: 5, access_hash: 6, username: 8 },
        { id: 'a channel', access_hash: 6 },
        { id: '@name', access_hash: 6 },
      ];
      const { body } = await service
        .as('worker')
        .post('/peers')
        .send({ session_id: 1, lease_id: 'L', peers })
        .expect(422);
      expect(body.field).toBe('peers');
      expect(
        body.detail.map(({ loc, msg }: { loc: unknown[]; msg: string }) => [loc.join('.'), msg]),
      ).toEqual([
        ['body.peers.0', expect.stringContaining('expected object')],
        ['body.peers.1.title', expect.stringContaining('expected string')],
        ['body.peers.2.username', expect.stringContaining('expected string')],
        ['body.peers.3.id', 'expected the id of a channel'],
        ['body.peers.4.id', 'expected the id of a channel'],
      ]);
    }),
  );

  it(
    'in headers are checked too: an Idempotency-Key of spaces or of 300 characters',
    withService(async (service: Service) => {
      for (const key of ['a b', 'x'.repeat(300)]) {
        const answer = await service.as('worker').get('/session').set('Idempotency-Key', key).expect(422);
        expect(answer.body.detail[0].loc).toEqual(['header', 'Idempotency-Key']);
      }
    }),
  );
});
