import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { some, withService } from '../service/service.js';

describe('an expired lease', () => {
  it(
    'without a heartbeat frees the session at once',
    withService(
      async (service) => {
        const before = await service.lease('ttl=60');
        await service.time.advance(59.999);
        await service.as('rival').get('/session').expect(503);
        await service.time.advance(0.001);
        const after = await service.lease('', 'rival');
        expect(after.session_id).toBe(before.session_id);
        expect(after.lease_id).not.toBe(before.lease_id);
      },
      { files: some(1) },
    ),
  );

  it(
    'after a heartbeat cools down before it is free',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease('ttl=600');
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(200);
        await service.time.advance(601);
        expect(await service.status()).toMatchObject({
          free: 0,
          in_use: 0,
          unavailable: 1,
          unavailable_reasons: { cooldown: 1 },
        });
        const none = await service.as('rival').get('/session').expect(503);
        expect(none.body.detail.unavailable).toEqual({ cooldown: 1 });
        await service.time.advance(60);
        await service.lease('', 'rival');
      },
      { files: some(1) },
    ),
  );

  it(
    'is lost to its worker: heartbeat, floods and reports are refused, and the next holder is not affected',
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease('ttl=1');
        await service.time.advance(1);
        const next = await service.lease('', 'rival');
        const mine = { session_id, lease_id };
        const late: [string, object][] = [
          ['/heartbeat', mine],
          ['/release', mine],
          ['/floodwait', { ...mine, wait_seconds: 60 }],
          ['/invalidate', mine],
          ['/report', { ...mine, error: 'SESSION_REVOKED' }],
          ['/report', { ...mine, error: 'TIMEOUT' }],
        ];
        for (const [path, body] of late) {
          const answer = await service.as('worker').post(path).send(body).expect(409);
          expect(answer.body).toEqual({ detail: { error: 'lease_lost', session_id }, code: 'lease_lost' });
        }
        await service
          .as('rival')
          .post('/heartbeat')
          .send({ session_id, lease_id: next.lease_id })
          .expect(200);
      },
      { files: some(1) },
    ),
  );

  it(
    'is found by the reaper without any request',
    withService(
      async (service) => {
        await service.lease('ttl=5');
        const events: string[] = [];
        service.container.database.signals.onHappened((notices) =>
          events.push(...notices.map(({ event }) => event)),
        );
        await service.time.advance(31);
        await until(() => events.includes('expired'));
      },
      { files: some(1), settings: { REAPER_INTERVAL_SECONDS: '30' } },
    ),
  );

  it(
    'while the service was down has ended when it starts',
    withService(
      async (service) => {
        await service.lease('ttl=60');
        await service.stop();
        await service.time.advance(61);
        await service.start();
        await service.lease('', 'rival');
      },
      { files: some(1) },
    ),
  );

  it(
    'shows in the history of its session, newest first',
    withService(
      async (service) => {
        const { lease_id } = await service.lease('ttl=5&method=messages.getHistory');
        await service.time.advance(5);
        await service.status();
        const { body } = await service.as('admin').get('/sessions/1/history').expect(200);
        expect(body.map(({ event }: { event: string }) => event)).toEqual(['expired', 'leased', 'added']);
        expect(body[1]).toMatchObject({
          lease_id,
          detail: 'messages.gethistory',
          holder: expect.stringMatching(/^env:/),
        });
        expect((await service.as('monitor').get('/sessions/1/history?limit=1&skip=2')).body).toMatchObject([
          { event: 'added' },
        ]);
        await service.as('monitor').get('/sessions/99/history').expect(404);
      },
      { files: some(1) },
    ),
  );
});
