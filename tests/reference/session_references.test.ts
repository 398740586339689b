import { describe, expect, it } from '@jest/globals';
import { withJourney } from '../journeys/journey.js';
import { PRINTED, TESTING } from './as_printed/scraper_backend.js';
import { ADA, CLEO, madeElsewhere, send, sendForm, tempId } from './documented.js';
import { expectChannels, printedSession, text } from './session_shapes.js';

const phone = (number: string) => ({ '+1234567890': number });
const step = (id: string) => ({ 'uuid-from-step-1': id });
const verified = { message: 'Authentication successful. Ready to finalize.', requires_password: false };

describe('scraper-backend-api.md', () => {
  it(
    'shows a login in three steps, a list, channels and a deletion, with matching answers',
    withJourney(async (journey) => {
      const sent = await send(journey, PRINTED.sendOtp, phone(ADA.phone));
      const body = { message: `OTP sent to ${ADA.phone}`, temp_session_id: text, phone_code_hash: text };
      expect(sent).toMatchObject({ status: 200, body });
      const id = step(tempId(sent));
      const wrong = await send(journey, PRINTED.verifyOtp, id);
      expect(wrong).toEqual({
        status: 400,
        body: { detail: 'Invalid OTP code', code: 'invalid_otp_code', field: 'code' },
      });
      const right = await send(journey, PRINTED.verifyOtp, { ...id, 12345: ADA.code });
      expect(right).toMatchObject({ status: 200, body: verified });
      const session = printedSession('my_telegram_session', ADA.phone);
      expect(await send(journey, PRINTED.finalize, id)).toMatchObject({ status: 200, body: session });
      expect(await send(journey, PRINTED.listSessions)).toMatchObject({ status: 200, body: [session] });
      const of = { '{session_id}': '1' };
      const channels = await send(journey, PRINTED.channels, of);
      expect(channels.status).toBe(200);
      expectChannels(channels.body);
      const removed = await send(journey, PRINTED.removeSession, of);
      expect(removed).toMatchObject({ status: 200, body: { message: 'Session deleted successfully' } });
      const gone = { status: 404, body: { detail: 'Session not found', code: 'session_not_found' } };
      expect(await send(journey, PRINTED.channels, of)).toEqual(gone);
    }),
  );

  it(
    'shows a login with a 2FA password, and the answers until it is sent',
    withJourney(async (journey) => {
      const id = step(tempId(await send(journey, PRINTED.sendOtp, phone(CLEO.phone))));
      const put = { ...id, 12345: CLEO.code };
      const needed = { message: '2FA password required', requires_password: true };
      expect(await send(journey, PRINTED.verifyOtp, put)).toMatchObject({ status: 200, body: needed });
      const password = { ...put, my_2fa_password: CLEO.password };
      const given = await send(journey, PRINTED.verifyOtpWithPassword, password);
      expect(given).toMatchObject({ status: 200, body: verified });
      const saved = await send(journey, PRINTED.finalize, id);
      expect(saved).toMatchObject({ status: 200, body: printedSession('my_telegram_session', CLEO.phone) });
    }),
  );

  it(
    'shows the login again as a test, and the errors of its table',
    withJourney(async (journey) => {
      const id = step(tempId(await send(journey, TESTING.sendOtp, phone(ADA.phone))));
      const right = await send(journey, TESTING.verifyOtp, { ...id, 12345: ADA.code });
      expect(right).toMatchObject({ status: 200, body: verified });
      const saved = await send(journey, TESTING.finalize, id);
      expect(saved).toMatchObject({ status: 200, body: printedSession('test_session', ADA.phone) });
      const invalid = {
        status: 400,
        body: { detail: 'Invalid phone number', code: 'invalid_phone_number', field: 'phone_number' },
      };
      expect(await send(journey, TESTING.sendOtp, phone('+12'))).toEqual(invalid);
      const notFound = {
        status: 404,
        body: { detail: 'Temp session not found', code: 'temp_session_not_found' },
      };
      expect(await send(journey, TESTING.finalize, step('no-such-login'))).toEqual(notFound);
    }),
  );

  it(
    'shows an upload by form, which is saved at once',
    withJourney(async (journey) => {
      const form = new FormData();
      form.append('session_name', 'my_session');
      form.append('phone_number', ADA.phone);
      const { file } = await madeElsewhere(journey, ADA.phone);
      form.append('session_file', new Blob([file]), 'old.session');
      const answer = await sendForm(journey, '/sessions/upload-file', form);
      expect(answer).toMatchObject({ status: 200, body: printedSession('my_session', ADA.phone) });
    }),
  );
});
