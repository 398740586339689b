import { describe, expect, it } from '@jest/globals';
import { some, withService } from '../service/service.js';

const HOUR = 3600;

describe('a step of the wall clock', () => {
  it.each([
    ['an hour forward', HOUR],
    ['an hour back', -HOUR],
    ['ten years back', -87_600 * HOUR],
  ])('%s neither ends a lease early nor extends it', (_, step) =>
    withService(
      async (service) => {
        const { session_id, lease_id } = await service.lease('ttl=600');
        service.time.stepWallClock(step);
        await service.time.advance(599);
        await service.as('rival').get('/session').expect(503);
        await service.time.advance(1);
        await service.lease('', 'rival');
        await service.as('worker').post('/heartbeat').send({ session_id, lease_id }).expect(409);
      },
      { files: some(1) },
    )(),
  );

  it(
    'back and forth, repeatedly, leaves each session one holder',
    withService(
      async (service) => {
        let held = await service.lease('ttl=100');
        for (let turn = 0; turn < 12; turn += 1) {
          service.time.stepWallClock(turn % 2 === 0 ? HOUR : -HOUR);
          await service.time.advance(60);
          await service.as('rival').get('/session').expect(503);
          const { session_id, lease_id } = held;
          const beat = await service
            .as('worker')
            .post('/heartbeat')
            .send({ session_id, lease_id })
            .expect(200);
          held = { ...held, expires_at: beat.body.expires_at };
        }
      },
      { files: some(1) },
    ),
  );

  it(
    'during a restart ends no lease either',
    withService(
      async (service) => {
        await service.lease('ttl=600');
        await service.stop();
        service.time.stepWallClock(HOUR);
        await service.time.advance(10);
        await service.start();
        await service.as('rival').get('/session').expect(503);
        await service.time.advance(589);
        await service.as('rival').get('/session').expect(503);
        await service.time.advance(1);
        await service.lease('', 'rival');
      },
      { files: some(1) },
    ),
  );

  it(
    'is reflected in displayed times, so that a worker can compare them with its own clock',
    withService(
      async (service) => {
        await service.lease('ttl=600');
        service.time.stepWallClock(HOUR);
        const { body } = await service.as('monitor').get('/leases').expect(200);
        expect(body[0].expires_at).toBe(new Date(service.time.wall() + 600_000).toISOString());
      },
      { files: some(1) },
    ),
  );

  it(
    'across a reboot counts the time that the machine was down',
    withService(
      async (service) => {
        await service.lease('ttl=600');
        await service.stop();
        service.time.reboot(599);
        await service.start();
        await service.as('rival').get('/session').expect(503);
        await service.time.advance(1);
        await service.lease('', 'rival');
      },
      { files: some(1) },
    ),
  );
});
