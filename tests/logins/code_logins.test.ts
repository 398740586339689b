import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { decodeSessionString } from '../../src/intake/formats/session_string.js';
import { codeOf, logIn, post, sendCode, withTelegram } from './over_sandbox.js';

const ADA = '+9996610001';
const BEN = '+9996610002';
const CLEO = '+9996620001';

describe('a login with a code in three steps', () => {
  it(
    'sends a code, accepts it, and saves the session under the name given at the start',
    withTelegram(async ({ service, sandbox }) => {
      const sent = await post(service, '/sessions/send-otp', { phone_number: ADA, session_name: 'ada' });
      expect(sent.body).toEqual({
        temp_session_id: expect.any(String),
        phone_number: ADA,
        phone_code_hash: expect.any(String),
        message: `OTP sent to ${ADA}`,
        expires_in_minutes: 5,
        code_type: 'app',
        next_type: 'sms',
        timeout: 60,
      });
      const temp_session_id = sent.body.temp_session_id;
      const verified = await post(service, '/sessions/verify-otp', {
        temp_session_id,
        code: codeOf(sandbox, ADA),
      });
      expect(verified.body).toEqual({
        message: 'Authentication successful. Ready to finalize.',
        requires_password: false,
      });
      const before = await service.as('admin').get('/sessions');
      expect(before.body).toEqual([]);
      const session = await post(service, '/sessions/finalize', { temp_session_id }).expect(200);
      expect(session.body).toMatchObject({
        name: 'ada',
        phone_number: ADA,
        is_active: 'active',
        status: 'free',
      });
      expect(session.body).toMatchObject({ session_file: 'ada.session', format: 'telethon' });
      expect(statSync(join(service.sessionsDir, 'ada.session')).mode & 0o777).toBe(0o600);
      expect((await service.lease()).session_name).toBe('ada');
    }),
  );

  it(
    'is finalized once: a second time gets the same session, and may rename it',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA, session_name: 'ada' });
      await post(service, '/sessions/verify-otp', { temp_session_id, code: codeOf(sandbox, ADA) });
      const first = await post(service, '/sessions/finalize', { temp_session_id }).expect(200);
      const second = await post(service, '/sessions/finalize', { temp_session_id }).expect(200);
      expect(second.body).toEqual(first.body);
      const renamed = await post(service, '/sessions/finalize', { temp_session_id, name: 'eva' }).expect(200);
      expect(renamed.body).toMatchObject({ id: first.body.id, name: 'eva', session_file: 'eva.session' });
      expect((await service.as('admin').get('/sessions')).body).toHaveLength(1);
    }),
  );

  it(
    'cannot be finalized before its code was accepted',
    withTelegram(async ({ service }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA, session_name: 'ada' });
      const answer = await post(service, '/sessions/finalize', { temp_session_id }).expect(409);
      expect(answer.body.detail).toMatchObject({ error: 'login_not_verified' });
    }),
  );

  it(
    'is kept if its name has been taken, and saved under another',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA, session_name: 'ada' });
      await post(service, '/sessions/verify-otp', { temp_session_id, code: codeOf(sandbox, ADA) });
      service.write('Ada.session');
      await service.as('admin').post('/sync').expect(200);
      const refused = await post(service, '/sessions/finalize', { temp_session_id }).expect(409);
      expect(refused.body.detail).toMatchObject({ error: 'name_taken', session_name: 'Ada' });
      const saved = await post(service, '/sessions/finalize', { temp_session_id, session_name: 'ada 2' });
      expect(saved.body).toMatchObject({ name: 'ada 2', phone_number: ADA });
    }),
  );
});

describe('a login with a code in two steps', () => {
  it(
    'is saved when its code is accepted, named by its phone number',
    withTelegram(async (world) => {
      const session = await logIn(world, ADA);
      expect(session).toMatchObject({ requires_password: false, name: '9996610001', phone_number: ADA });
      expect(session.message).toMatch(/Authentication successful/);
    }),
  );

  it(
    'is saved under the name sent with its code; finalize is then harmless',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA });
      const body = { temp_session_id, code: codeOf(sandbox, ADA), session_name: 'mine' };
      const saved = await post(service, '/sessions/verify-otp', body).expect(200);
      expect(saved.body.name).toBe('mine');
      const again = await post(service, '/sessions/finalize', { temp_session_id }).expect(200);
      expect(again.body).toMatchObject({ id: saved.body.id, name: 'mine' });
    }),
  );

  it(
    'follows the account to its data centre',
    withTelegram(async (world) => {
      const session = await logIn(world, ADA);
      const { connections } = world.sandbox;
      expect(session.phone_number).toBe(ADA);
      expect([...new Set(connections.list().map(({ dc }) => dc))].sort()).toEqual([1, 2]);
    }),
  );

  it(
    'accepts a code as people write it',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ' 999 (661) 00-02 ' });
      const code = codeOf(sandbox, BEN);
      await post(service, '/sessions/verify-otp', {
        temp_session_id,
        code: `${code.slice(0, 2)}-${code.slice(2)} `,
      }).expect(200);
    }),
  );
});

describe('a session that was logged in', () => {
  it(
    'is leased as a Pyrogram string with its user and application',
    withTelegram(async (world) => {
      await logIn(world, ADA);
      const leased = await world.service.as('worker').get('/session?credentials=string&format=pyrogram');
      const string = decodeSessionString(leased.body.session_string);
      expect(string?.credentials).toMatchObject({ userId: '7000000001', apiId: 12345, dcId: 1 });
    }),
  );
});

describe('a code', () => {
  it(
    'is sent again in the next way',
    withTelegram(async ({ service }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA });
      const again = await post(service, '/sessions/resend-otp', { temp_session_id }).expect(200);
      expect(again.body).toMatchObject({ temp_session_id, code_type: 'sms', next_type: 'call' });
      await service.time.advance(200);
      const last = await post(service, '/sessions/resend-otp', { temp_session_id }).expect(200);
      await service.time.advance(200);
      expect(last.body).toMatchObject({ code_type: 'call', next_type: null });
      const none = await post(service, '/sessions/resend-otp', { temp_session_id }).expect(400);
      expect(none.body.detail).toMatch(/no other way/);
    }),
  );

  it(
    'that was accepted gets the same answer again, and another one does not',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA, session_name: 'ada' });
      const verify = (code: string) => post(service, '/sessions/verify-otp', { temp_session_id, code });
      const first = await verify(codeOf(sandbox, ADA)).expect(200);
      expect((await verify(codeOf(sandbox, ADA)).expect(200)).body).toEqual(first.body);
      expect((await verify('54321').expect(400)).body).toEqual({
        detail: 'Invalid OTP code',
        code: 'invalid_otp_code',
        field: 'code',
      });
    }),
  );

  it(
    'sent by two requests at once logs in once',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: ADA });
      const code = codeOf(sandbox, ADA);
      const verify = () => post(service, '/sessions/verify-otp', { temp_session_id, code });
      const answers = await Promise.all([verify(), verify(), verify()]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      expect((await service.as('admin').get('/sessions')).body).toHaveLength(1);
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
  );
});

describe('a 2FA password', () => {
  it(
    'is requested, rejected if wrong, and accepted',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: CLEO, session_name: 'cleo' });
      const code = codeOf(sandbox, CLEO);
      const verify = (more: object) =>
        post(service, '/sessions/verify-otp', { temp_session_id, code, ...more });
      const wanted = { message: '2FA password required', requires_password: true };
      expect((await verify({}).expect(200)).body).toMatchObject({
        ...wanted,
        password_hint: 'battery staple',
      });
      expect((await verify({ password: 'horse' }).expect(400)).body).toEqual({
        detail: 'Invalid 2FA password',
        code: 'invalid_password',
        field: 'password',
      });
      expect((await verify({ password: 'correct horse' }).expect(200)).body.requires_password).toBe(false);
      const session = await post(service, '/sessions/finalize', { temp_session_id }).expect(200);
      expect(session.body).toMatchObject({ name: 'cleo', phone_number: CLEO });
    }),
  );

  it(
    'may come with the code, even a wrong one first',
    withTelegram(async ({ service, sandbox }) => {
      const temp_session_id = await sendCode(service, { phone_number: CLEO });
      const code = codeOf(sandbox, CLEO);
      const verify = (password: string) =>
        post(service, '/sessions/verify-otp', { temp_session_id, code, password });
      expect((await verify('wrong').expect(400)).body).toEqual({
        detail: 'Invalid 2FA password',
        code: 'invalid_password',
        field: 'password',
      });
      expect((await verify('correct horse').expect(200)).body).toMatchObject({ phone_number: CLEO });
    }),
  );
});
