import { describe, expect, it } from '@jest/globals';
import { decodeSessionString } from '../../src/intake/formats/session_string.js';
import { telethonFile } from '../../src/intake/formats/telethon_file.js';
import { codeOf, logIn, post, withTelegram } from './over_sandbox.js';

const ADA = '+9996610001';

/** A Telethon file of the session in a string. */
function fileOf(string: string): Buffer {
  const decoded = decodeSessionString(string);
  if (!decoded) throw new Error('no session string');
  return telethonFile(decoded.credentials);
}

describe('get-code', () => {
  it(
    'sends a code if there is no session; the login continues with verify-otp',
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
    'names the file whose session Telegram accepted, not one that is broken, has another session, or was rejected',
    withTelegram(async (world) => {
      const { service, sandbox } = world;
      const admin = service.as('admin');
      const { id: before } = await logIn(world, ADA);
      const old = (await admin.get(`/sessions/${before}/export`).expect(200)).body.session_string;
      await admin.delete(`/sessions/${before}`).expect(200);
      const { id } = await logIn(world, ADA);
      const { session_string } = (await admin.get(`/sessions/${id}/export`).expect(200)).body;
      await admin.delete(`/sessions/${id}`).expect(200);
      const json = (string: string) => JSON.stringify({ phone_number: ADA, session_string: string });
      const good = fileOf(session_string);
      const [inJson, inSession] = ['9996610001/9996610001.json', '9996610001/9996610001.session'];
      const named = async () => {
        const { body } = await post(service, '/sessions/get-code', { phone_number: ADA }).expect(200);
        return body.session_file ?? body.status;
      };
      // Refused first, by Telegram itself.
      service.write(inJson, json(old));
      sandbox.faults.add({ fault: 'SESSION_REVOKED', phone: ADA, method: 'users.getUsers', times: 1 });
      expect(await named()).toBe('code_sent');
      service.write(inSession, good);
      expect(await named()).toMatch(new RegExp(`/${inSession}$`));
      for (const broken of ['{"session_string": "1B', '{}', '', json('1BVtsOMwBu5...')]) {
        service.write(inJson, broken);
        expect([broken, await named()]).toEqual([
          broken,
          expect.stringMatching(new RegExp(`/${inSession}$`)),
        ]);
      }
      service.write(inJson, json(session_string));
      expect(await named()).toMatch(new RegExp(`/${inJson}$`));
    }),
  );

  it.each([
    ['ru', 'ru'],
    ['ru-RU,ru;q=0.9,en-US;q=0.8', 'ru'],
    ['en;q=0.8,ru;q=0.2', 'en'],
    ['de', 'en'],
    ['*', 'en'],
    [null, 'en'],
  ])('answers in the requested language: %s', (accepted, language) =>
    withTelegram(async (world) => {
      const { service } = world;
      const ask = (phone_number: string) => {
        const request = post(service, '/sessions/get-code', { phone_number });
        return accepted === null ? request : request.set('Accept-Language', accepted);
      };
      const sent = await ask(ADA).expect(200);
      await logIn(world, ADA);
      const exists = await ask(ADA).expect(200);
      expect(sent.headers['content-language']).toBe(language);
      expect([sent.body.message, exists.body.message]).toEqual(
        language === 'ru'
          ? [
              'Код отправлен на +9996610001. Проверьте Telegram и введите код.',
              '✅ Найден существующий session! Аккаунт уже авторизован, код не требуется.',
            ]
          : [
              'Code sent to +9996610001. Check Telegram, and send the code to verify-otp.',
              'A valid session for this phone number exists: no code is needed',
            ],
      );
    })(),
  );

  it(
    'sends a code if the session is dead, and refuses while it is in use',
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
    'treats a wrong phone number like send-otp does',
    withTelegram(async ({ service }) => {
      const answer = await post(service, '/sessions/get-code', { phone_number: 'abc' }).expect(400);
      expect(answer.body).toEqual({
        detail: 'Invalid phone number',
        code: 'invalid_phone_number',
        field: 'phone_number',
      });
      await post(service, '/sessions/get-code', {}).expect(422);
    }),
  );
});
