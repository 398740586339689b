import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { whoAmI } from './gramjs_worker.js';
import { type Journey, logIn, withJourney } from './journey.js';
import { logInWithTelethon, openWithTelethon, withTelethon } from './telethon.js';

const ADA = '+9996610001';
const DAN = '+9996620002';

/** Asks Telegram, through the service, whether the session is still good, and Telegram's log, whether it was shared. */
async function expectSound({ admin, sandbox }: Journey, id: number): Promise<void> {
  const test = await admin.post(`/sessions/${id}/test`);
  expect(test.must(200)).toMatchObject({ is_valid: true, status: 'active' });
  expect(sandbox.connections.overlaps()).toEqual([]);
}

async function exported({ admin }: Journey, id: number, format: string): Promise<string> {
  const answer = await admin.get<{ session_string: string }>(`/sessions/${id}/export?format=${format}`);
  return answer.must(200).session_string;
}

describe('GramJS', () => {
  it(
    'connects with the string of a lease, as the account that was logged in',
    withJourney(async (journey) => {
      const { worker, sandbox } = journey;
      const id = await logIn(journey, DAN);
      const lease = await worker.lease('format=gramjs');
      expect(lease).toMatchObject({ session_id: id, phone_number: DAN });
      const me = await whoAmI(sandbox, lease.session_string);
      expect(me).toMatchObject({ firstName: 'Dan', phone: DAN.slice(1) });
      await worker.release(lease);
      expect(await exported(journey, id, 'gramjs')).toBe(lease.session_string);
      await expectSound(journey, id);
    }),
  );
});

withTelethon('real Telethon', () => {
  it(
    'opens the file of a lease in place, as the account that was logged in',
    withJourney(async (journey) => {
      const { worker, admin, service, sandbox } = journey;
      const id = await logIn(journey, DAN);
      const lease = await worker.lease('ttl=600');
      const file = join(service.sessionsDir, lease.session_file.replace(/\.session$/, ''));
      expect(await openWithTelethon(sandbox, { file })).toMatchObject({
        id: 7_000_000_004,
        phone: DAN.slice(1),
        dialogs: ['Sandbox News', 'Sandbox Team'],
      });
      // Telethon has written to the file by now: the pool must know it again, and the lease must stand.
      await admin.post('/sync');
      expect(await admin.sessions()).toMatchObject([{ id, status: 'leased', phone_number: DAN }]);
      await worker.release(lease);
      await expectSound(journey, id);
    }),
  );

  it(
    'opens a copy of the file as well',
    withJourney(async (journey) => {
      const { worker, service, sandbox, directory } = journey;
      const id = await logIn(journey, ADA);
      const lease = await worker.lease('ttl=600');
      copyFileSync(join(service.sessionsDir, lease.session_file), join(directory, 'copy.session'));
      const told = await openWithTelethon(sandbox, { file: join(directory, 'copy') });
      expect(told).toMatchObject({ id: 7_000_000_001, phone: ADA.slice(1) });
      await worker.release(lease);
      await expectSound(journey, id);
    }),
  );

  it(
    'connects with the exported string',
    withJourney(async (journey) => {
      const id = await logIn(journey, ADA);
      const string = await exported(journey, id, 'telethon');
      const told = await openWithTelethon(journey.sandbox, { string });
      expect(told).toMatchObject({ id: 7_000_000_001, phone: ADA.slice(1) });
      await expectSound(journey, id);
    }),
  );

  it(
    'logs in by itself, and its file, dropped into the sessions directory, is tested and found by its phone number',
    withJourney(async (journey) => {
      const { admin, service, sandbox, directory } = journey;
      await logInWithTelethon(sandbox, join(directory, 'made elsewhere'), DAN);
      copyFileSync(join(directory, 'made elsewhere.session'), join(service.sessionsDir, 'dropped.session'));
      await until(async () => (await admin.sessions()).length === 1);
      const [session] = await admin.sessions();
      expect(session).toMatchObject({ name: 'dropped', status: 'free' });
      await expectSound(journey, session?.id ?? 0);
      expect(await admin.sessions()).toMatchObject([{ name: 'dropped', phone_number: DAN }]);
    }),
  );
});
