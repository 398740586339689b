import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readCredentials } from '../../src/intake/formats/inspect.js';
import { defaultLimits } from '../../src/telegram/gateway.js';
import { KEYS } from '../service/service.js';
import { codeOf, post, sendCode, withTelegram } from './over_sandbox.js';

const ADA = '+9996610001';
const NOT_FOUND = { detail: 'Temp session not found', code: 'temp_session_not_found' };

describe('a login', () => {
  it(
    'is deleted when it expires',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA, session_name: 'ada' });
      await service.time.advance(5 * 60);
      const code = codeOf(sandbox, ADA);
      for (const path of ['verify-otp', 'resend-otp', 'finalize']) {
        const answer = await post(service, `/sessions/${path}`, { temp_session_id, code }).expect(404);
        expect(answer.body).toEqual(NOT_FOUND);
      }
    }),
  );

  it(
    'that is complete has no code to resend, whether it was finalized or completed by the code itself',
    withTelegram(async ({ service, sandbox }) => {
      const finalized = await sendCode(service, { phone_number: ADA, session_name: 'ada' });
      await post(service, '/sessions/verify-otp', { temp_session_id: finalized, code: codeOf(sandbox, ADA) });
      const resend = (temp_session_id: string) => post(service, '/sessions/resend-otp', { temp_session_id });
      const taken = {
        detail: 'The code was already accepted: there is none to send',
        code: 'code_already_accepted',
      };
      expect((await resend(finalized).expect(400)).body).toEqual(taken);
      await post(service, '/sessions/finalize', { temp_session_id: finalized }).expect(200);
      expect((await resend(finalized).expect(400)).body).toEqual(taken);
      expect(service.log.filter((line) => JSON.parse(line).level === 'error')).toEqual([]);
    }),
  );

  it(
    'that is cancelled is gone',
    withTelegram(async ({ service, sandbox }) => {
      const id = await sendCode(service, { phone_number: ADA });
      const cancelled = await service.as('admin').delete(`/sessions/temp/${id}`).expect(200);
      expect(cancelled.body).toEqual({ message: expect.any(String), id });
      expect((await service.as('admin').delete(`/sessions/temp/${id}`).expect(404)).body).toEqual(NOT_FOUND);
      const body = { temp_session_id: id, code: codeOf(sandbox, ADA) };
      expect((await post(service, '/sessions/verify-otp', body).expect(404)).body).toEqual(NOT_FOUND);
    }),
  );

  it(
    'that is complete and then cancelled is logged out: no forgotten session is left at Telegram',
    withTelegram(async ({ service, sandbox }) => {
      const id = await sendCode(service, { phone_number: ADA, session_name: 'ada' });
      const body = { temp_session_id: id, code: codeOf(sandbox, ADA) };
      await post(service, '/sessions/verify-otp', body).expect(200);
      const before = sandbox.connections.list().length;
      await service.as('admin').delete(`/sessions/temp/${id}`).expect(200);
      expect(sandbox.connections.list()).toHaveLength(before + 1);
      const unknown = await post(service, '/sessions/finalize', { temp_session_id: id }).expect(404);
      expect(unknown.body).toEqual(NOT_FOUND);
    }),
  );

  it(
    'belongs to its key: another key does not find it',
    withTelegram(
      async ({ service, sandbox }) => {
        const temp_session_id = await sendCode(service, { phone_number: ADA, session_name: 'ada' });
        const body = { temp_session_id, code: codeOf(sandbox, ADA) };
        const rival = (path: string) =>
          service.as(null).post(path).set('X-API-Key', 'another-admin-key').send(body);
        for (const path of ['verify-otp', 'resend-otp', 'finalize']) {
          expect((await rival(`/sessions/${path}`).expect(404)).body).toEqual(NOT_FOUND);
        }
        await post(service, '/sessions/verify-otp', body).expect(200);
      },
      { settings: { API_KEYS: `${KEYS.admin},another-admin-key` } },
    ),
  );

  it(
    'with an unknown id is not found, whatever the id looks like',
    withTelegram(async ({ service }) => {
      for (const temp_session_id of ['nope', '00000000-0000-0000-0000-000000000000', "' OR 1=1 --"]) {
        const answer = await post(service, '/sessions/finalize', { temp_session_id }).expect(404);
        expect(answer.body).toEqual(NOT_FOUND);
      }
      await post(service, '/sessions/finalize', { temp_session_id: 5 }).expect(422);
      await post(service, '/sessions/finalize', {}).expect(422);
    }),
  );

  it(
    'continues after a restart of the service',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA, session_name: 'ada' });
      await service.stop();
      await service.start();
      const body = { temp_session_id, code: codeOf(sandbox, ADA) };
      await post(service, '/sessions/verify-otp', body).expect(200);
      await service.stop();
      await service.start();
      await post(service, '/sessions/finalize', { temp_session_id }).expect(200);
    }),
  );

  it(
    'keeps its secrets encrypted, and out of the log',
    withTelegram(async ({ service, sandbox }) => {
      const application = { api_id: 4242, api_hash: 'feedfacefeedfacefeedfacefeedface' };
      const id = await sendCode(service, { phone_number: ADA, ...application });
      const body = { temp_session_id: id, code: codeOf(sandbox, ADA), session_name: 'ada' };
      await post(service, '/sessions/verify-otp', body).expect(200);
      const file = readFileSync(join(service.sessionsDir, 'ada.session'));
      await service.stop();
      const shown = [await service.kept(), ...service.log].join('');
      expect(shown).not.toContain(application.api_hash);
      const key = readCredentials({ session: file, json: null })?.authKey ?? Buffer.alloc(0);
      expect(key).toHaveLength(256);
      for (const encoding of ['latin1', 'base64', 'base64url', 'hex'] as const)
        expect(shown).not.toContain(key.toString(encoding));
    }),
  );

  it(
    'whose connection is lost right after Telegram accepted the code is found to be complete',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA });
      const body = { temp_session_id, code: codeOf(sandbox, ADA) };
      sandbox.faults.add({ fault: 'unanswered', method: 'auth.signIn', times: 1 });
      const lost = await post(service, '/sessions/verify-otp', body).expect(502);
      expect(lost.body.detail).toMatchObject({ error: 'telegram_unreachable' });
      const answer = await post(service, '/sessions/verify-otp', body).expect(200);
      expect(answer.body).toMatchObject({ phone_number: ADA });
      expect(sandbox.connections.calls('auth.SignIn')).toBe(1);
    }),
  );

  it(
    'whose answer was lost is found to be complete',
    withTelegram(async ({ service, sandbox, hurry }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA });
      const body = { temp_session_id, code: codeOf(sandbox, ADA) };
      sandbox.faults.add({ fault: 'slow', milliseconds: 3000, method: 'auth.signIn', times: 1 });
      await hurry({ ...defaultLimits, callSeconds: 1, loginSeconds: 2 });
      await post(service, '/sessions/verify-otp', body).expect(504);
      await hurry(defaultLimits);
      const answer = await post(service, '/sessions/verify-otp', body).expect(200);
      expect(answer.body).toMatchObject({ phone_number: ADA });
    }),
  );
});
