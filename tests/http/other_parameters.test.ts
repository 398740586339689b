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
