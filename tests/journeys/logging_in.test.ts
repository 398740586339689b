import { describe, expect, it } from '@jest/globals';
import { codeOf, type Journey, logIn, sendCode, withJourney } from './journey.js';

const BEN = '+9996610002';
const CLEO = '+9996620001';
const FAY = '+9996630001';

/** The response to a login: the fields that these tests use. */
interface Step {
  readonly id: number;
  readonly session_name: string;
  readonly phone_number: string;
  readonly requires_password: boolean;
}

function verify({ admin }: Journey, given: object) {
  return admin.post<Step>('/sessions/verify-otp', given);
}

describe('an account logged in over HTTP', () => {
  it(
    'in three steps survives a wrong code, is listed, and can be leased',
    withJourney(async (journey) => {
      const { admin, worker, sandbox } = journey;
      const temp_session_id = await sendCode(admin, { phone_number: BEN, session_name: 'ben' });
      const wrong = await verify(journey, { temp_session_id, code: '99999' });
      expect(wrong).toMatchObject({
        status: 400,
        body: { detail: 'Invalid OTP code', code: 'invalid_otp_code', field: 'code' },
      });
      expect(await admin.sessions()).toEqual([]);
      const right = await verify(journey, { temp_session_id, code: codeOf(journey, BEN) });
      expect(right.must(200)).toEqual({
        message: 'Authentication successful. Ready to finalize.',
        requires_password: false,
      });
      const saved = (await admin.post<Step>('/sessions/finalize', { temp_session_id })).must(200);
      expect(saved).toMatchObject({ session_name: 'ben', phone_number: BEN });
      expect(await admin.sessions()).toMatchObject([{ id: saved.id, name: 'ben', status: 'free' }]);
      const channels = await admin.get<{ title: string }[]>(`/sessions/${saved.id}/channels`);
      expect(channels.must(200).map(({ title }) => title)).toEqual(['Sandbox News']);
      const lease = await worker.lease('ttl=60');
      expect(lease).toMatchObject({ session_name: 'ben', session_file: 'ben.session', phone_number: BEN });
      await worker.release(lease);
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
  );

  it(
    'in two steps is saved with its code, named after its phone number',
    withJourney(async (journey) => {
      const id = await logIn(journey, FAY);
      const listed = await journey.admin.sessions();
      expect(listed).toMatchObject([{ id, name: FAY.slice(1), phone_number: FAY, status: 'free' }]);
      const test = await journey.admin.post(`/sessions/${id}/test`);
      expect(test.must(200)).toEqual({ session_id: id, is_valid: true, status: 'active', error: null });
    }),
  );

  it(
    'with a 2FA password is asked for it, may get it wrong once, and succeeds with the right one',
    withJourney(async (journey) => {
      const { admin, sandbox } = journey;
      const temp_session_id = await sendCode(admin, { phone_number: CLEO, session_name: 'cleo' });
      const given = { temp_session_id, code: codeOf(journey, CLEO) };
      expect((await verify(journey, given)).must(200)).toEqual({
        message: '2FA password required',
        requires_password: true,
        password_hint: 'battery staple',
      });
      const wrong = await verify(journey, { ...given, password: 'wrong horse' });
      expect(wrong).toMatchObject({
        status: 400,
        body: { detail: 'Invalid 2FA password', code: 'invalid_password', field: 'password' },
      });
      const right = await verify(journey, { ...given, password: 'correct horse' });
      expect(right.must(200)).toMatchObject({ requires_password: false });
      const saved = (await admin.post<Step>('/sessions/finalize', { temp_session_id })).must(200);
      expect(saved).toMatchObject({ session_name: 'cleo', phone_number: CLEO });
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
  );

  it(
    'with its password sent at once needs no second request',
    withJourney(async (journey) => {
      await logIn(journey, CLEO, 'correct horse');
      expect(await journey.admin.sessions()).toMatchObject([{ phone_number: CLEO, status: 'free' }]);
    }),
  );

  it.each([
    [
      '+9996630002',
      400,
      {
        detail: 'This phone number is banned by Telegram',
        code: 'phone_number_banned',
        field: 'phone_number',
      },
    ],
    ['+9996630003', 429, { detail: { error: 'flood_wait', telegram_error: 'PHONE_NUMBER_FLOOD' } }],
  ])('is not possible if Telegram refuses %s a code', (phone_number, status, body) =>
    withJourney(async ({ admin }) => {
      const answer = await admin.post('/sessions/send-otp', { phone_number });
      expect(answer).toMatchObject({ status, body });
      expect(await admin.sessions()).toEqual([]);
    })(),
  );
});
