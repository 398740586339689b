import { existsSync, readdirSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { inspectSession } from '../../src/intake/formats/inspect.js';
import { decodeSessionString } from '../../src/intake/formats/session_string.js';
import { fixture } from '../intake/session_files.js';
import { sync } from '../intake/syncing.js';
import { logIn, post } from '../logins/over_sandbox.js';
import { type Granted, Service } from '../service/service.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { withTwoServices } from './two_services.js';

const describe = await describeWithServer();

const ADA = '+9996610001';
const strings: Record<string, string> = JSON.parse(fixture('strings.json').toString());
const alpha = fixture('alpha.session');
const files = { 'alpha.session': alpha, 'known.json': JSON.stringify({ session_string: strings.pyrogram }) };

/** A lease with what a worker without the session's file needs. */
interface Delivered extends Granted {
  readonly session_string?: string;
  readonly session_data?: string;
}

describe('a replica without the session files', () => {
  it(
    'leases sessions with their credentials, from the database',
    withTwoServices(async ({ home, away }) => {
      const known = await away.lease('session_name=known&credentials=string&format=gramjs');
      expect(known).toMatchObject({ session_name: 'known', session_string: strings.gramjs });
      const here: Delivered = await away.lease('session_name=alpha&credentials=file');
      const { session_id, lease_id } = here;
      await away.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
      const there: Delivered = await home.lease('session_name=alpha&credentials=file');
      expect(here.session_string).toBe(there.session_string);
      expect(there.session_data).toBe(alpha.toString('base64'));
      const made = inspectSession({ session: Buffer.from(here.session_data ?? '', 'base64'), json: null });
      const { format, authKeySha256, dcId } = inspectSession({ session: alpha, json: null });
      expect(made).toMatchObject({ format, authKeySha256, dcId });
      expect(existsSync(away.sessionsDir)).toBe(false);
    }, files),
  );

  it(
    'reports that it is ready without the directory',
    withTwoServices(async ({ home, away }) => {
      const { body } = await away.as(null).get('/ready').expect(200);
      expect(body.checks).toEqual({ database: 'ok' });
      expect((await home.as(null).get('/ready').expect(200)).body.checks).toHaveProperty(
        'sessions_directory',
      );
    }),
  );

  it(
    'logs in accounts that every replica can lease, export and check',
    withTwoServices(async ({ home, away, sandbox }) => {
      const session = await logIn({ service: away, sandbox }, ADA);
      expect(session).toMatchObject({ phone_number: ADA, session_file: null, status: 'free' });
      expect(readdirSync(home.sessionsDir)).toEqual([]);
      const { body } = await home
        .as('admin')
        .get(`/sessions/${session.id}/export?format=telethon`)
        .expect(200);
      expect(decodeSessionString(body.session_string)?.format).toBe('telethon');
      expect(await sync(home)).toMatchObject({ removed_sessions: 0, total_sessions: 1 });
      await post(home, `/sessions/${session.id}/test`, {}).expect(200);
      const lease = await home.lease('credentials=file');
      expect(lease).toMatchObject({ session_string: body.session_string, session_data: expect.any(String) });
    }),
  );

  it(
    'renames and deletes sessions that have no file, and refuses those that have one',
    withTwoServices(async ({ home, away, sandbox }) => {
      const own = await logIn({ service: away, sandbox }, ADA);
      const listed = (await away.as('admin').get('/sessions')).body;
      const alphaId = listed.find(({ name }: { name: string }) => name === 'alpha').id;
      const put = (id: number) => away.as('admin').put(`/sessions/${id}`).send({ name: 'renamed' });
      expect((await put(alphaId).expect(409)).body.detail).toMatchObject({
        error: 'no_sessions_directory',
        session_name: 'alpha',
      });
      const refused = await away.as('admin').delete(`/sessions/${alphaId}`).expect(409);
      expect(refused.body.detail.error).toBe('no_sessions_directory');
      expect((await put(own.id).expect(200)).body).toMatchObject({ name: 'renamed', session_file: null });
      await away.as('admin').delete(`/sessions/${own.id}`).expect(200);
      expect(await sync(home)).toMatchObject({ removed_sessions: 0, total_sessions: 2 });
    }, files),
  );

  it(
    'has the directory scanned by the replica that has it',
    withTwoServices(async ({ home, away }) => {
      home.write('new.session', alpha.subarray(0, 100));
      const answer = await away.as('admin').post('/sync?dry_run=true').expect(200);
      const details = { new_sessions: 1, total_sessions: 2 };
      expect(answer.body).toMatchObject({ status: 'sync complete', dry_run: true, details });
      expect(await sync(away)).toMatchObject({ new_sessions: 1, total_sessions: 3 });
      expect(await sync(home)).toMatchObject({ new_sessions: 0, total_sessions: 3 });
    }, files),
  );

  it(
    'does not start with other encryption keys than the rest',
    withTwoServices(async ({ shared }) => {
      const ENCRYPTION_KEYS = Buffer.alloc(32, 8).toString('base64');
      const stranger = new Service({ shared, settings: { ENCRYPTION_KEYS } });
      try {
        await expect(stranger.start()).rejects.toThrow('Give every replica the same ENCRYPTION_KEYS');
      } finally {
        await stranger.remove();
      }
    }),
  );
});
