import { expect, it } from '@jest/globals';
import { codeOf, logIn, post, sendCode } from '../logins/over_sandbox.js';
import type { Service } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { type TwoServices, withTwoServices } from './two_services.js';

const describe = await describeWithServer();

const ADA = '+9996610001';

/** Telegram revokes the session, and the service notices. */
async function revoke({ home, sandbox }: TwoServices, id: number): Promise<void> {
  sandbox.faults.add({ fault: 'SESSION_REVOKED', phone: ADA, times: 2 });
  const { body } = await post(home, `/sessions/${id}/test`, {}).expect(200);
  expect(body).toMatchObject({ status: 'dead' });
  sandbox.faults.clear();
}

/** The session as a string, as a replica hands it out. */
async function exported(service: Service, id: number): Promise<string> {
  return (await service.as('admin').get(`/sessions/${id}/export`).expect(200)).body.session_string;
}

describe('a repeated login, at a replica without the session files', () => {
  it(
    'replaces the stored credentials of a session without a file',
    withTwoServices(async (services) => {
      const { home, away, sandbox } = services;
      const { id } = await logIn({ service: away, sandbox }, ADA);
      const before = await exported(home, id);
      await revoke(services, id);
      const again = await logIn({ service: away, sandbox }, ADA);
      expect(again).toMatchObject({ id, status: 'free', session_file: null });
      expect(await exported(home, id)).toBe(await exported(away, id));
      expect(await exported(home, id)).not.toBe(before);
    }),
  );

  it(
    'gives a session without a file one on a replica with the directory',
    withTwoServices(async (services) => {
      const { home, away, sandbox } = services;
      const { id } = await logIn({ service: away, sandbox }, ADA);
      await revoke(services, id);
      const again = await logIn({ service: home, sandbox }, ADA);
      expect(again).toMatchObject({ id, status: 'free', session_file: '9996610001.session' });
      expect(await exported(away, id)).toBe(await exported(home, id));
    }),
  );

  it(
    'is refused for a session with a file, and can be completed where the file is',
    withTwoServices(async (services) => {
      const { home, away, sandbox } = services;
      const { id } = await logIn({ service: home, sandbox }, ADA);
      await revoke(services, id);
      const temp_session_id = await sendCode(away, { phone_number: ADA });
      const code = codeOf(sandbox, ADA);
      const refused = await post(away, '/sessions/verify-otp', { temp_session_id, code }).expect(409);
      expect(refused.body.detail).toMatchObject({ error: 'no_sessions_directory', session_id: id });
      const saved = await post(home, '/sessions/finalize', { temp_session_id }).expect(200);
      expect(saved.body).toMatchObject({ id, status: 'free', session_file: '9996610001.session' });
      expect(await exported(away, id)).toBe(await exported(home, id));
    }),
  );
});
