import { TeleGate } from '../clients/typescript/src/telegate.js';
import type { Benchmark } from './benchmark.js';
import { API_KEY, type LeaseAnswer, WORKER_KEY } from './client.js';
import { atMost } from './finding.js';
import { Server } from './server.js';
import { writePlainFiles } from './session_files.js';
import { median, timed } from './statistics.js';

const SESSIONS = 100;
const CYCLES = 1000;
const WARM_UP_CYCLES = 100;

/** What a lease costs through the TypeScript client, compared with bare `fetch`, cycle by cycle in turn. */
export const clientOverhead: Benchmark = {
  name: 'client',
  minutes: () => 5,
  async run(open, { share }) {
    const place = await open();
    writePlainFiles(await place.makeDirectory('sessions'), SESSIONS);
    const settings = { API_KEYS: `${API_KEY},worker:${WORKER_KEY}` };
    const server = await Server.start(place, { program: 'telegate', settings });
    const baseUrl = `http://127.0.0.1:${server.port}`;
    const { pool } = new TeleGate({ baseUrl, apiKey: WORKER_KEY });
    const ways: Readonly<Record<'client' | 'session' | 'bare', () => Promise<unknown>>> = {
      client: async () => (await pool.acquire()).release(),
      session: () => pool.withSession(async () => undefined),
      bare: () => bareCycle(baseUrl),
    };
    const times = { client: [] as number[], session: [] as number[], bare: [] as number[] };
    for (let cycle = -WARM_UP_CYCLES; cycle < CYCLES * share; cycle += 1) {
      for (const way of ['bare', 'client', 'session'] as const) {
        const { ms } = await timed(ways[way]);
        if (cycle >= 0) times[way].push(ms);
      }
    }
    await server.stop('SIGTERM');
    const sides = (way: 'client' | 'session') => ({
      ours: { value: median(times[way]), unit: 'ms' },
      against: { value: median(times.bare), unit: 'ms', name: 'bare fetch' },
    });
    return [
      atMost('acquire and release through the TypeScript client', sides('client'), 1.1),
      atMost('withSession of the TypeScript client, without work', sides('session'), 1.1),
    ];
  },
};

async function bareCycle(baseUrl: string): Promise<void> {
  const headers = { 'X-API-Key': WORKER_KEY };
  const acquired = await fetch(`${baseUrl}/session`, { headers });
  const { session_id, lease_id } = (await acquired.json()) as LeaseAnswer;
  const released = await fetch(`${baseUrl}/release`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({ session_id, lease_id }),
  });
  if (!acquired.ok || !released.ok) throw new Error(`answered ${acquired.status}, ${released.status}`);
  await released.json();
}
