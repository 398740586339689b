import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { withPrograms } from './program.js';

const KEY = 'admin-key-of-tests';
const known = { API_KEYS: KEY };

function ask(url: string, path: string, key = KEY, method = 'GET'): Promise<Response> {
  return fetch(`${url}${path}`, { method, headers: { 'X-API-Key': key } });
}

/** What answers say, as far as these tests use it. */
interface Told {
  readonly waiting: number;
  readonly session_id: number;
  readonly lease_id: string;
  readonly detail: { readonly error: string };
}

async function told(answer: Promise<Response> | Response): Promise<Told> {
  return (await (await answer).json()) as Told;
}

function addSessions(directory: string, ...names: string[]): void {
  mkdirSync(join(directory, 'sessions'), { recursive: true });
  for (const name of names) writeFileSync(join(directory, 'sessions', `${name}.session`), '');
}

describe('the first start', () => {
  it(
    'prints all addresses, the number of sessions, and the admin key, which is stored for its owner only',
    withPrograms(async (start, directory) => {
      addSessions(directory, 'a', 'b');
      const program = start();
      const { url, key } = await program.ready();
      for (const line of [`${url}/docs`, `${url}/api/v1/`, `2 in ${join(directory, 'sessions')}`]) {
        expect(program.stdout).toContain(line);
      }
      expect(key).toMatch(/^tg_[\w-]{43}$/);
      expect(readFileSync(join(directory, 'data', 'admin.key'), 'utf8')).toBe(`${key}\n`);
      expect(statSync(join(directory, 'data', 'admin.key')).mode & 0o777).toBe(0o600);
      expect(statSync(join(directory, 'data', 'encryption.key')).mode & 0o777).toBe(0o600);
      const lease = await ask(url, '/session', key);
      expect(await lease.json()).toMatchObject({ session_name: 'a' });
      expect(program.stderr).not.toContain(key);
    }),
  );

  it(
    'creates an empty sessions directory if there is none, and says what to do',
    withPrograms(async (start, directory) => {
      const program = start(known);
      await program.ready();
      expect(statSync(join(directory, 'sessions')).isDirectory()).toBe(true);
      expect(program.stdout).toContain('drop .session files there');
      expect(program.stdout).not.toContain('admin key');
    }),
  );

  it(
    'reads settings from .env as well; the environment takes precedence',
    withPrograms(async (start, directory) => {
      writeFileSync(join(directory, '.env'), 'API_KEYS=key-from-the-file\nPORT=1\n');
      const { url } = await start().ready();
      expect((await ask(url, '/status', 'key-from-the-file')).status).toBe(200);
    }),
  );
});

describe('a stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s answers waiting requests with 503 and Retry-After, ends event streams, and exits with 0 within ten seconds',
    (signal) =>
      withPrograms(async (start) => {
        const program = start(known);
        const { url } = await program.ready();
        const held = Array.from({ length: 5 }, () => ask(url, '/session?wait=60'));
        const events = await ask(url, '/events');
        await until(async () => (await told(ask(url, '/status'))).waiting === 5);
        const started = performance.now();
        program.kill(signal);
        for (const answer of await Promise.all(held)) {
          expect(answer.status).toBe(503);
          expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
          expect((await told(answer)).detail.error).toBe('shutting_down');
        }
        await events.text();
        expect(await program.ended()).toBe(0);
        expect(performance.now() - started).toBeLessThan(10_000);
        await expect(ask(url, '/health')).rejects.toThrow();
      })(),
  );

  it(
    'does not wait for idle connections',
    withPrograms(async (start) => {
      const program = start(known);
      const { url } = await program.ready();
      const held = ask(url, '/session?wait=60');
      await until(async () => (await told(ask(url, '/status'))).waiting === 1);
      const started = performance.now();
      program.kill('SIGTERM');
      await (await held).text();
      expect(await program.ended()).toBe(0);
      expect(performance.now() - started).toBeLessThan(4000);
    }),
  );

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'by %s loses nothing: leases, flood waits and keys are there at the next start',
    (signal) =>
      withPrograms(async (start, directory) => {
        addSessions(directory, 'a', 'b', 'c');
        const first = start();
        const { url, key } = await first.ready();
        const lease = await told(ask(url, '/session', key));
        await ask(url, '/floodwait?session_id=2&wait_seconds=600', key, 'POST');
        first.kill(signal);
        expect(await first.ended()).toBe(signal === 'SIGTERM' ? 0 : 'SIGKILL');

        const second = start();
        const { url: again, key: shown } = await second.ready();
        expect(shown).toBe('');
        const status = await told(ask(again, '/status', key));
        expect(status).toMatchObject({ total: 3, in_use: 1, in_floodwait: 1, free: 1 });
        const beat = `/heartbeat?session_id=${lease.session_id}&lease_id=${lease.lease_id}`;
        expect((await ask(again, beat, key, 'POST')).status).toBe(200);
      })(),
  );
});
