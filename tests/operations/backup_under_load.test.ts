import { readFileSync, statSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { freePort } from '../service/free_port.js';
import { until } from '../service/manual_time.js';
import { describeWithServer } from '../storage/databases_postgres.js';
import { call, type Installation, type Installations, withInstallations } from './installation.js';
import { rowsOf, underLoad } from './load.js';

const describe = await describeWithServer();

/** Each test starts a dozen processes, in milliseconds. */
const PATIENCE_MS = 180_000;

const NAMES = Array.from({ length: 60 }, (_, index) =>
  index % 4 === 0 ? `eu/load${index}` : `load${index}`,
);

type Kind = 'sqlite' | 'postgres';

async function database({ server }: Installations, kind: Kind): Promise<Record<string, string>> {
  return kind === 'sqlite' ? {} : { DATABASE_URL: await server() };
}

/** Another machine's layout: other directories, another file of the database, another port. */
async function elsewhere(given: Installations, kind: Kind, from: Installation): Promise<Installation> {
  const there = given.make(await database(given, kind));
  Object.assign(there.settings, {
    DATA_DIR: there.path('var', 'lib'),
    SESSIONS_DIR: there.path('srv', 'accounts', 'live'),
    PORT: String(await freePort()),
    ENCRYPTION_KEYS: readFileSync(from.path('data', 'encryption.key'), 'utf8').trim(),
    ...(kind === 'sqlite' && { DATABASE_URL: `sqlite:${there.path('db', 'pool.db')}` }),
  });
  return there;
}

interface Held {
  readonly session_id: number;
  readonly session_name: string;
  readonly lease_id: string;
  readonly expires_at: string;
}

describe('a backup that is made under full load', () => {
  it.each([
    ['sqlite', 'sqlite'],
    ['sqlite', 'postgres'],
    ['postgres', 'postgres'],
    ['postgres', 'sqlite'],
  ] as const)(
    'of %s restores into %s on another layout, with every acknowledged lease, and passes doctor',
    (from, to) =>
      withInstallations(async (given) => {
        const here = given.make(await database(given, from));
        here.addSessions(...NAMES);
        const { program, url } = await here.start();
        const held: Held[] = [];
        for (let leases = 0; leases < 3; leases += 1)
          held.push((await call(url, 'GET', '/session?ttl=3600')).body as unknown as Held);
        const load = underLoad(url, 8);
        await until(() => load.acknowledged.length > 200);
        const before = [...load.acknowledged, ...held.map(({ lease_id }) => lease_id)];
        const file = `${given.directory}/backup.tar.gz`;
        const made = await here.json<{ database: { leased: number } }>('backup', file);
        // The load went on meanwhile.
        expect(load.acknowledged.length).toBeGreaterThan(before.length);
        expect(made.database.leased).toBeGreaterThanOrEqual(held.length);
        expect(statSync(file).mode & 0o777).toBe(0o600);
        await load.stop();
        program.kill('SIGTERM');
        await program.ended();

        const there = await elsewhere(given, to, here);
        await there.json('restore', file, '--longest-lease', '60');
        expect(await there.json('doctor', '--offline')).toMatchObject({ ok: true, errors: 0 });
        const known = await rowsOf<{ lease_id: string }>(there, 'SELECT lease_id FROM history');
        const ids = new Set(known.map(({ lease_id }) => lease_id));
        expect(before.filter((lease) => !ids.has(lease))).toEqual([]);

        const again = await there.start();
        expect(again.url).toContain(there.settings.PORT);
        expect((await call(again.url, 'GET', '/session')).status).toBe(503);
        const { body } = await call(again.url, 'GET', '/sessions?limit=1000');
        const sessions = body as unknown as {
          id: number;
          name: string;
          status: string;
          status_until: string;
        }[];
        expect(sessions.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
        expect(sessions.filter(({ status }) => status !== 'cooldown')).toEqual([]);
        // Those that were leased for longer than `--longest-lease` cool down after the end of that lease.
        for (const { session_id, expires_at, lease_id } of held) {
          const until = sessions.find(({ id }) => id === session_id)?.status_until ?? '';
          expect(Date.parse(until)).toBeGreaterThanOrEqual(Date.parse(expires_at) + 59_000);
          const beat = `/heartbeat?session_id=${session_id}&lease_id=${lease_id}`;
          expect((await call(again.url, 'POST', beat)).status).toBe(409);
        }
      })(),
    PATIENCE_MS,
  );
});
