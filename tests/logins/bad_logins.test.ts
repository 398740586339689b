import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { codeOf, logIn, post, sendCode, withTelegram } from './over_sandbox.js';

const ADA = '+9996610001';

describe('a phone number', () => {
  const wrong = [
    '',
    ' ',
    '+',
    '12345',
    '+0123456789',
    'phone',
    '+7900123456789012345',
    '+7 900 abc',
    '٠١٢٣٤٥٦٧٨٩',
    '++79001234567',
    "'; DROP TABLE sessions",
  ];
  it(
    'of a wrong format is rejected before Telegram is asked',
    withTelegram(async ({ service, sandbox }) => {
      for (const phone_number of wrong) {
        const answer = await post(service, '/sessions/send-otp', { phone_number }).expect(400);
        expect(answer.body).toEqual({
          detail: 'Invalid phone number',
          code: 'invalid_phone_number',
          field: 'phone_number',
        });
      }
      expect(sandbox.connections.list()).toEqual([]);
    }),
  );

  it.each([[79001234567], [null], [['+79001234567']], [{}], [undefined]])(
    'of a wrong type (%j) is rejected by its field',
    withTelegramEach(async ({ service }, phone_number) => {
      const answer = await post(service, '/sessions/send-otp', { phone_number }).expect(422);
      expect(answer.body.detail[0].loc).toEqual(['body', 'phone_number']);
    }),
  );

  it(
    'that is banned, flooded or unused is reported as such',
    withTelegram(async ({ service }) => {
      const banned = await post(service, '/sessions/send-otp', { phone_number: '+9996630002' }).expect(400);
      expect(banned.body.detail).toMatch(/banned/);
      const flooded = await post(service, '/sessions/send-otp', { phone_number: '+9996630003' }).expect(429);
      expect(flooded.body.detail).toMatchObject({
        error: 'flood_wait',
        telegram_error: 'PHONE_NUMBER_FLOOD',
      });
      expect(Number(flooded.headers['retry-after'])).toBeGreaterThan(0);
      const temp_session_id = await sendCode(service, { phone_number: '+9996611111' });
      const nobody = await post(service, '/sessions/verify-otp', { temp_session_id, code: '11111' }).expect(
        400,
      );
      expect(nobody.body.detail).toBe('No Telegram account has this phone number');
    }),
  );

  it(
    'that Telegram asks to wait for gets a 429 with Telegram’s seconds',
    withTelegram(async ({ service, sandbox }) => {
      sandbox.faults.add({ fault: 'FLOOD_WAIT_77', method: 'auth.sendCode' });
      const answer = await post(service, '/sessions/send-otp', { phone_number: ADA }).expect(429);
      expect(answer.headers['retry-after']).toBe('77');
      expect(answer.body.detail).toMatchObject({ telegram_error: 'FLOOD_WAIT_77', wait_seconds: 77 });
    }),
  );

  it(
    'that a session already has is refused with the session’s name; a dead one is logged in again',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      const { id } = await logIn(world, ADA);
      const refused = await post(service, '/sessions/send-otp', { phone_number: ADA }).expect(409);
      expect(refused.body.detail).toMatchObject({ error: 'phone_taken', session_id: id });
      sandbox.faults.add({ fault: 'SESSION_REVOKED', phone: ADA, times: 2 });
      const test = await service.as('admin').post(`/sessions/${id}/test`).expect(200);
      expect(test.body).toEqual({
        session_id: id,
        is_valid: false,
        status: 'dead',
        error: 'SESSION_REVOKED',
      });
      sandbox.faults.clear();
      const again = await logIn(world, ADA);
      expect(again).toMatchObject({ id, name: '9996610001', status: 'free', is_active: 'active' });
      const valid = await service.as('admin').post(`/sessions/${id}/test`).expect(200);
      expect(valid.body).toMatchObject({ is_valid: true });
    }),
  );
});

describe('a code', () => {
  it(
    'that is empty or wrong can be tried again',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA });
      const verify = (code: string) => post(service, '/sessions/verify-otp', { temp_session_id, code });
      for (const code of ['', ' ', '00000', '1', 'x'.repeat(40), '12345\u0000']) {
        expect((await verify(code).expect(400)).body).toEqual({
          detail: 'Invalid OTP code',
          code: 'invalid_otp_code',
          field: 'code',
        });
      }
      await verify(codeOf(sandbox, ADA)).expect(200);
    }),
  );

  it(
    'that Telegram calls expired is reported as such',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA });
      sandbox.faults.add({ fault: 'PHONE_CODE_EXPIRED', method: 'auth.signIn' });
      const body = { temp_session_id, code: codeOf(sandbox, ADA) };
      const answer = await post(service, '/sessions/verify-otp', body).expect(400);
      expect(answer.body).toEqual({ detail: 'OTP code expired', code: 'otp_code_expired', field: 'code' });
    }),
  );

  it(
    'that is missing or of a wrong type is rejected by its field',
    withTelegram(async ({ service }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA });
      for (const code of [undefined, 12345, null, ['1']]) {
        const answer = await post(service, '/sessions/verify-otp', { temp_session_id, code }).expect(422);
        expect(answer.body.detail[0].loc).toEqual(['body', 'code']);
      }
    }),
  );
});

describe('an application', () => {
  it(
    'that Telegram rejects is reported as such',
    withTelegram(async ({ service }) => {
      const body = { phone_number: ADA, api_id: 666, api_hash: 'abc123' };
      const answer = await post(service, '/sessions/send-otp', body).expect(400);
      expect(answer.body.detail).toMatch(/refused api_id and api_hash/);
    }),
  );

  it(
    'must be complete, and of the right types',
    withTelegram(async ({ service }) => {
      const send = (more: object) => post(service, '/sessions/send-otp', { phone_number: ADA, ...more });
      expect((await send({ api_id: 5 }).expect(400)).body.detail).toMatch(/^api_hash: /);
      expect((await send({ api_hash: 'abc' }).expect(400)).body.detail).toMatch(/^api_id: /);
      for (const api_id of ['x', -1, 0, 1.5, 2 ** 31, [], true]) {
        const answer = await send({ api_id, api_hash: 'abc' }).expect(422);
        expect(answer.body.detail[0].loc).toEqual(['body', 'api_id']);
      }
      expect((await send({ api_id: 5, api_hash: 7 }).expect(422)).body.detail[0].loc).toEqual([
        'body',
        'api_hash',
      ]);
    }),
  );

  it(
    'must be known: if neither given nor configured, the answer says what to do',
    withTelegram(
      async ({ service }) => {
        const answer = await post(service, '/sessions/send-otp', { phone_number: ADA }).expect(400);
        expect(answer.body.detail).toMatch(/TELEGRAM_API_ID/);
      },
      { settings: { TELEGRAM_API_ID: '', TELEGRAM_API_HASH: '' } },
    ),
  );
});

describe('a name', () => {
  const bad = [
    '',
    '  ',
    'a/b',
    '../x',
    '..',
    '...',
    '.hidden',
    'a\u0000b',
    'a\nb',
    'x'.repeat(300),
    'a\\b',
    ' a',
    'a ',
    'a.session',
  ];
  it(
    'that cannot be a file name is rejected by its field, in every kind of login',
    withTelegram(async ({ service, sandbox }) => {
      for (const session_name of bad) {
        const answer = await post(service, '/sessions/send-otp', { phone_number: ADA, session_name }).expect(
          422,
        );
        expect(answer.body.detail[0].loc).toEqual(['body', 'session_name']);
      }
      expect(sandbox.connections.list()).toEqual([]);
      expect(readdirSync(service.sessionsDir)).toEqual([]);
    }),
  );

  it(
    'that differs from an existing one only in case is taken',
    withTelegram(async ({ service }) => {
      service.write('Иван.session');
      await service.as('admin').post('/sync').expect(200);
      const body = { phone_number: ADA, session_name: 'иВАН' };
      const answer = await post(service, '/sessions/send-otp', body).expect(409);
      expect(answer.body.detail).toMatchObject({ error: 'name_taken', session_name: 'Иван' });
    }),
  );
});

function withTelegramEach<Value>(
  test: (world: Parameters<Parameters<typeof withTelegram>[0]>[0], value: Value) => Promise<void>,
): (value: Value) => Promise<void> {
  return (value) => withTelegram((world) => test(world, value))();
}
