import { describe, expect, it } from '@jest/globals';
import { codeOf, logIn, post, withTelegram } from './over_sandbox.js';

const ADA = '+9996610001';

describe('get-code', () => {
  it(
    'sends a code where no session is there; the login goes on by verify-otp',
    withTelegram(async ({ service, sandbox }) => {
      const answer = await post(service, '/api/v1/sessions/get-code', { phone_number: ADA }).expect(200);
      expect(answer.body).toEqual({
        status: 'code_sent',
        phone_number: ADA,
        phone_code_hash: expect.any(String),
        temp_session_id: expect.any(String),
        message: expect.stringContaining(ADA),
      });
      const { temp_session_id } = answer.body;
      const body = { temp_session_id, code: codeOf(sandbox, ADA) };
      await post(service, '/sessions/verify-otp', body).expect(200);
    }),
  );

  it(
    'names the session that Telegram accepts, its JSON file first, and sends no code',
    withTelegram(async (world) => {
      const { service } = world;
      const admin = service.as('admin');
      const { id } = await logIn(world, ADA);
      const exported = await admin.get(`/sessions/${id}/export`).expect(200);
      await admin.delete(`/sessions/${id}`).expect(200);
      const { session_string } = exported.body;
      const json = { phone_number: ADA, session_string, api_id: '12345', account_id: '7000000001' };
      service.write('9996610001/9996610001.json', JSON.stringify(json));
      const answer = await post(service, '/sessions/get-code', { phone_number: ADA }).expect(200);
      expect(answer.body).toEqual({
        status: 'session_exists',
        phone_number: ADA,
        account_id: '7000000001',
        message: expect.any(String),
        session_file: expect.stringMatching(/9996610001\/9996610001\.json$/),
      });
      const sent = world.sandbox.accounts().find(({ phone }) => phone === ADA)?.lastCode;
      expect(sent).toBeNull();
    }),
  );

  it(
    'sends a code where the session is dead, and refuses while it is in use',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      await logIn(world, ADA);
      const lease = await service.lease();
      const busy = await post(service, '/sessions/get-code', { phone_number: ADA }).expect(409);
      expect(busy.body.detail).toMatchObject({ error: 'session_in_use' });
      await service.as('worker').post('/release').send({ session_id: lease.session_id }).expect(200);
      sandbox.faults.add({ fault: 'SESSION_REVOKED', phone: ADA, method: 'users.getUsers' });
      const sent = await post(service, '/sessions/get-code', { phone_number: ADA }).expect(200);
      expect(sent.body.status).toBe('code_sent');
    }),
  );

  it(
    'takes a wrong phone number like send-otp does',
    withTelegram(async ({ service }) => {
      const answer = await post(service, '/sessions/get-code', { phone_number: 'abc' }).expect(400);
      expect(answer.body).toEqual({ detail: 'Invalid phone number' });
      await post(service, '/sessions/get-code', {}).expect(422);
    }),
  );
});
