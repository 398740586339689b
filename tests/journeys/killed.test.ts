import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { usualDatabase } from '../service/service_database.js';
import type { Client } from './client.js';
import { sendCode } from './journey.js';
import { type KillableService, withKillableService } from './killable_service.js';

const DAN = { phone: '+9996620002', code: '22222' };
const CLEO = { phone: '+9996620001', code: '22222', password: 'correct horse' };

interface Saved {
  readonly id: number;
}

async function restart(service: KillableService): Promise<Client> {
  await service.kill();
  return service.start();
}

function verify(admin: Client, temp_session_id: string, given: object) {
  return admin.post('/sessions/verify-otp', { temp_session_id, ...given });
}

/** The session exists once, Telegram accepts it, and it was never used twice at once. */
async function expectFinished(admin: Client, { sandbox }: KillableService, phone: string): Promise<void> {
  const sessions = await admin.sessions();
  expect(sessions).toMatchObject([{ phone_number: phone, status: 'free' }]);
  const test = await admin.post(`/sessions/${sessions[0]?.id}/test`);
  expect(test.must(200)).toMatchObject({ is_valid: true });
  expect(sandbox.connections.overlaps()).toEqual([]);
}

describe('a login whose service is killed', () => {
  it(
    'after the code was sent continues with that code',
    withKillableService(async (service) => {
      const id = await sendCode(await service.start(), { phone_number: DAN.phone });
      const admin = await restart(service);
      (await verify(admin, id, { code: DAN.code })).must(200);
      await expectFinished(admin, service, DAN.phone);
    }),
  );

  it(
    'between any two steps continues after each, with the password that is still required',
    withKillableService(async (service) => {
      const wish = { phone_number: CLEO.phone, session_name: 'cleo' };
      const temp_session_id = await sendCode(await service.start(), wish);
      let admin = await restart(service);
      const coded = await verify(admin, temp_session_id, { code: CLEO.code });
      expect(coded.must(200)).toMatchObject({ requires_password: true });
      admin = await restart(service);
      const { code, password } = CLEO;
      const given = await verify(admin, temp_session_id, { code, password });
      expect(given.must(200)).toMatchObject({ requires_password: false });
      admin = await restart(service);
      const saved = await admin.post<Saved>('/sessions/finalize', { temp_session_id });
      admin = await restart(service);
      const again = await admin.post<Saved>('/sessions/finalize', { temp_session_id });
      expect(again.must(200).id).toBe(saved.must(200).id);
      await expectFinished(admin, service, CLEO.phone);
    }),
  );

  it(
    'while Telegram checks its code is completed with the same code',
    withKillableService(async (service) => {
      let admin = await service.start();
      const id = await sendCode(admin, { phone_number: DAN.phone });
      const { faults } = service.sandbox;
      const { id: fault } = faults.add({ fault: 'hang', phone: DAN.phone, method: 'auth.signIn' });
      const lost = verify(admin, id, { code: DAN.code }).catch(() => null);
      await until(() => faults.list().some(({ struck }) => struck > 0));
      admin = await restart(service);
      expect(await lost).toBeNull();
      faults.clear(fault);
      const again = await verify(admin, id, { code: DAN.code });
      if (usualDatabase === 'postgres') {
        // Another replica may still be at work: no other continues before the claim expires, two minutes later.
        expect(again).toMatchObject({ status: 409, body: { detail: { error: 'login_busy' } } });
        return;
      }
      again.must(200);
      await expectFinished(admin, service, DAN.phone);
    }),
  );
});
