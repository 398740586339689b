import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { hashOf, idsOf, linesOf, type ToldRun } from '../scraping/scraped.js';
import type { Client } from './client.js';
import { sendCode } from './journey.js';
import { withKillableService } from './killable_service.js';

const ADA = { phone: '+9996610001', code: '11111' };

/** How long the service lives before it is killed, in milliseconds: each time at a different step. */
const LIVES_MS = [700, 300, 900, 500, 1200];

async function newestRun(admin: Client, sourceId: number): Promise<ToldRun | undefined> {
  return (await admin.get<ToldRun[]>(`/sources/${sourceId}/runs`)).must(200)[0];
}

describe('a run whose service is killed repeatedly', () => {
  it(
    'stores every message and every file exactly once',
    withKillableService(async (service) => {
      let admin = await service.start();
      const temp_session_id = await sendCode(admin, { phone_number: ADA.phone });
      (await admin.post('/sessions/verify-otp', { temp_session_id, code: ADA.code })).must(200);
      const wish = { name: 'News', channel_username: 'sandbox_news', target: 'LOCAL' };
      const { id } = (await admin.post<{ id: number }>('/sources/public', wish)).must(200);
      for (const lives of LIVES_MS) {
        // Real time: what it is killed at is what it does meanwhile.
        await delay(lives);
        await service.kill();
        admin = await service.start();
      }
      let run = await newestRun(admin, id);
      while (run?.state !== 'completed' && run?.state !== 'failed') {
        await delay(100);
        run = await newestRun(admin, id);
      }
      expect(run).toMatchObject({ state: 'completed', error: null });
      const lines = linesOf(service, id);
      expect(lines.map((line) => line.id)).toEqual(idsOf(service.sandbox, 'Sandbox News'));
      expect(run?.messages_stored).toBe(lines.length);
      const files = lines.flatMap(({ file }) => file ?? []);
      expect(files.length).toBeGreaterThan(200);
      for (const { path, sha256 } of files) expect(hashOf(service, path ?? '')).toBe(sha256);
      expect(service.sandbox.connections.overlaps()).toEqual([]);
    }),
    120_000,
  );
});
