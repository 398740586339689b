import { describe, expect, it } from '@jest/globals';
import { type Journey, logIn, withJourney } from './journey.js';

/** In the pool from the beginning, as session 1. */
const ADA = '+9996610001';
const DAN = '+9996620002';

/** Asks Telegram about the session, while this fault is set on it. */
async function askUnder({ admin, sandbox }: Journey, id: number, fault: string) {
  sandbox.faults.add({ fault, method: 'users.getUsers' });
  return admin.post(`/sessions/${id}/test`);
}

describe('a Telegram error during a call about a session', () => {
  it.each([
    ['drop', 502, 'telegram_unreachable'],
    ['hang', 504, 'telegram_timeout'],
    ['INTERDC_2_CALL_ERROR', 502, 'telegram_error'],
  ])('is %s: %i, and does not affect the session', (fault, status, error) =>
    withJourney(
      async (journey) => {
        const { admin, sandbox } = journey;
        expect(await askUnder(journey, 1, fault)).toMatchObject({ status, body: { detail: { error } } });
        expect(await admin.sessions()).toMatchObject([
          { phone_number: ADA, status: 'free', is_active: 'active' },
        ]);
        sandbox.faults.clear();
        expect((await admin.post('/sessions/1/test')).must(200)).toMatchObject({ is_valid: true });
        expect(sandbox.connections.overlaps()).toEqual([]);
      },
      { poolSize: 1, telegramLimits: { callSeconds: 2 } },
    )(),
  );

  it(
    'is a flood, as long as it lasts: 429 with the time to wait',
    withJourney(async (journey) => {
      const id = await logIn(journey, DAN);
      const flooded = { status: 429, body: { detail: { error: 'flood_wait' } } };
      expect(await askUnder(journey, id, 'FLOOD_WAIT_30')).toMatchObject(flooded);
      journey.sandbox.faults.clear();
      expect(await journey.admin.post(`/sessions/${id}/test`)).toMatchObject(flooded);
      expect(await journey.admin.sessions()).toMatchObject([{ status: 'free', is_active: 'active' }]);
    }),
  );

  it.each(['SESSION_REVOKED', 'AUTH_KEY_UNREGISTERED', 'USER_DEACTIVATED_BAN'])(
    'is %s: the session is not valid, leaves the pool, and can be replaced by a new login',
    (fault) =>
      withJourney(async (journey) => {
        const { admin, worker, sandbox } = journey;
        const id = await logIn(journey, DAN);
        const test = await askUnder(journey, id, fault);
        expect(test.must(200)).toEqual({ session_id: id, is_valid: false, status: 'dead', error: fault });
        expect((await worker.get('/session')).status).toBe(503);
        expect(await admin.sessions()).toMatchObject([{ status: 'dead', is_active: 'expired' }]);
        sandbox.faults.clear();
        expect(await logIn(journey, DAN)).toBe(id);
        expect(await admin.sessions()).toMatchObject([{ id, status: 'free', is_active: 'active' }]);
        await worker.release(await worker.lease('ttl=60'));
      })(),
  );
});
