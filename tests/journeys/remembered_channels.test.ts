import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { type Journey, withJourney } from './journey.js';
import { findWithTelethon, logInWithTelethon, withTelethon } from './telethon.js';

/** Not a member of the channel: it is in none of the dialogs that Telethon lists. */
const DAN = '+9996620002';
const ARCHIVE = 'sandbox_archive';

async function exportedFile({ service }: Journey, id: number): Promise<Buffer> {
  const path = `/sessions/${id}/export?format=file`;
  const answer = await fetch(`${service.baseUrl}${path}`, { headers: { 'X-API-Key': service.adminKey } });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
}

/** The account's only session, once it is in the pool. */
async function onlySession({ admin }: Journey): Promise<number> {
  await until(async () => (await admin.sessions()).length === 1);
  return (await admin.sessions())[0]?.id ?? 0;
}

/** Replaces the session's file by a JSON file with its string. */
async function keepOnlyString({ admin, service }: Journey, id: number): Promise<void> {
  const answer = await admin.get<{ session_string: string }>(`/sessions/${id}/export?format=telethon`);
  const { session_string } = answer.must(200);
  writeFileSync(join(service.sessionsDir, 'dropped.json'), JSON.stringify({ session_string }));
  rmSync(join(service.sessionsDir, 'dropped.session'));
  (await admin.post('/sync')).must(200);
}

withTelethon('a channel that real Telethon has resolved', () => {
  it(
    'is known to the pool from its file, and to Telethon again from the exported one, with no second resolve',
    withJourney(async (journey) => {
      const { admin, worker, sandbox, service, directory } = journey;
      const tool = join(directory, 'tool');
      await logInWithTelethon(sandbox, tool, DAN);
      const found = await findWithTelethon(sandbox, tool, ARCHIVE);
      const resolved = sandbox.resolves.list();
      expect(resolved).toMatchObject([{ username: ARCHIVE }]);

      copyFileSync(`${tool}.session`, join(service.sessionsDir, 'dropped.session'));
      const id = await onlySession(journey);
      await until(async () => (await admin.get(`/peers?session_id=${id}`)).text.includes(ARCHIVE));
      const lease = await worker.get<{ peer: unknown }>(`/session?channel=@${ARCHIVE}`);
      expect(lease.must(200)).toMatchObject({ session_id: id, peer: { id: found.id, type: 'channel' } });
      expect(lease.text).toContain(`"access_hash":${found.access_hash}`);
      (await worker.post(`/release?session_id=${id}`)).must(200);
      const budget = await admin.get(`/sessions/${id}/resolve-budget`);
      expect(budget.must(200)).toMatchObject({ resolves_used: 0 });
      expect(await exportedFile(journey, id)).toEqual(readFileSync(`${tool}.session`));

      await keepOnlyString(journey, id);
      writeFileSync(join(directory, 'exported.session'), await exportedFile(journey, id));
      expect(await findWithTelethon(sandbox, join(directory, 'exported'), ARCHIVE)).toEqual(found);
      expect(sandbox.resolves.list()).toEqual(resolved);
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
  );
});
