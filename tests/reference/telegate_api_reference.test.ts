import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withPrograms } from '../main/program.js';
import { PRINTED } from './as_printed/telegate_api.js';

const KEY = 'admin-key-of-tests';
const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) process.stderr.write('skipped: curl is not installed (apt-get install curl)\n');
const withCurl = hasCurl ? describe : describe.skip;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Sends a printed request through a shell, with only the address and the key put in. */
function send(printed: string, url: string, key: string | null = KEY): Answer {
  const keyed = key === null ? printed.replace(/ -H .*$/, '') : printed.replace('<Ваш API-ключ>', key);
  const command = keyed.replace('http://localhost:8000', url);
  const { stdout } = spawnSync('sh', ['-c', `${command} --silent --write-out '\\n%{http_code}'`], {
    encoding: 'utf8',
  });
  const lines = stdout.split('\n');
  return { status: Number(lines.pop()), body: JSON.parse(lines.join('\n')) };
}

const whole = expect.any(Number);

withCurl('the API reference', () => {
  it(
    'shows requests with matching answers',
    withPrograms(async (start, directory) => {
      mkdirSync(join(directory, 'sessions'));
      for (let n = 1; n <= 42; n += 1)
        writeFileSync(join(directory, 'sessions', `session${n + 100}.session`), '');
      const { url } = await start({ API_KEYS: KEY }).ready();

      expect(send(PRINTED.status, url)).toEqual({
        status: 200,
        body: expect.objectContaining({
          total: 42,
          free: 42,
          in_use: 0,
          in_floodwait: 0,
          next_available: null,
        }),
      });
      expect(send(PRINTED.session, url)).toEqual({
        status: 200,
        body: expect.objectContaining({ session_id: 1, session_name: 'session101' }),
      });
      expect(send(PRINTED.release, url)).toEqual({
        status: 200,
        body: { status: 'released', session_id: 42 },
      });
      expect(send(PRINTED.invalidate, url)).toEqual({
        status: 200,
        body: { status: 'invalidated', session_id: 42 },
      });
      expect(send(PRINTED.status, url).body).toMatchObject({
        total: 42,
        free: 40,
        in_use: 1,
        in_floodwait: 1,
      });

      writeFileSync(join(directory, 'sessions', 'x.session'), '');
      writeFileSync(join(directory, 'sessions', 'y.session'), '');
      rmSync(join(directory, 'sessions', 'session110.session'));
      const { status, body } = send(PRINTED.sync, url);
      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: 'sync complete',
        details: { new_sessions: whole, removed_sessions: whole, total_sessions: 43 },
      });
    }),
  );

  it(
    "shows the format of the next session's time, and of the answer if there is none",
    withPrograms(async (start, directory) => {
      mkdirSync(join(directory, 'sessions'));
      writeFileSync(join(directory, 'sessions', 'session42.session'), '');
      const { url } = await start({ API_KEYS: KEY }).ready();
      const flood = PRINTED.release.replace(
        '/release?session_id=42',
        '/floodwait?session_id=1&wait_seconds=3600',
      );
      expect(send(flood, url).status).toBe(200);
      expect(send(PRINTED.status, url).body).toMatchObject({
        in_floodwait: 1,
        next_available: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      });
      const none = send(PRINTED.session, url);
      expect(none).toMatchObject({
        status: 503,
        body: { detail: { error: 'no_free_session', in_floodwait: 1 } },
      });
      const { next_release_in } = (none.body as { detail: { next_release_in: number } }).detail;
      expect([3599, 3600]).toContain(next_release_in);
    }),
  );

  it(
    'shows what happens without a key, with a wrong one, and without a session_id',
    withPrograms(async (start) => {
      const { url } = await start({ API_KEYS: KEY }).ready();
      for (const printed of Object.values(PRINTED)) {
        expect(send(printed, url, null)).toEqual({
          status: 401,
          body: { detail: 'API key required', code: 'api_key_required' },
        });
        expect(send(printed, url, 'wrong-key')).toEqual({
          status: 403,
          body: { detail: 'Invalid API key', code: 'invalid_api_key' },
        });
      }
      for (const printed of [PRINTED.release, PRINTED.invalidate]) {
        for (const query of ['', '?session_id=abc']) {
          const { status, body } = send(printed.replace('?session_id=42', query), url);
          expect(status).toBe(422);
          expect(body).toMatchObject({ detail: [{ loc: ['query', 'session_id'] }] });
        }
      }
    }),
  );
});
