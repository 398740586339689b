import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { type Service, some, withService } from '../service/service.js';
import { write } from './session_files.js';

async function total(service: Service): Promise<unknown> {
  return (await service.status()).total;
}

/** Lets time pass until this many sessions are known. */
async function grows(service: Service, to: number): Promise<void> {
  await until(async () => {
    await service.time.advance(0.5);
    return (await total(service)) === to;
  });
}

describe('SESSIONS_WATCH=poll', () => {
  it(
    'finds changes without events of the system',
    withService(
      async (service) => {
        service.write('dropped.session');
        service.write('573025288905/573025288905.session');
        await grows(service, 4);
        rmSync(join(service.sessionsDir, 's001.session'));
        await grows(service, 3);
        const reasons = service.log
          .map((line) => JSON.parse(line))
          .filter(({ message }) => message === 'sync')
          .map(({ reason }) => reason);
        expect(new Set(reasons)).toEqual(new Set(['start', 'poll']));
      },
      { files: some(2), settings: { SESSIONS_WATCH: 'poll' } },
    ),
  );
});

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));
const KEY = 'admin-key-of-these-tests';

/** The service in a user namespace with this few inotify watches. */
class Limited {
  readonly directory = mkdtempSync(join(tmpdir(), 'limited-'));
  output = '';
  ended = false;
  readonly #process: ChildProcess;

  constructor(limit: string) {
    write(this.directory, Object.fromEntries(names(20).map((name) => [`sessions/${name}`, ''])));
    const script = `echo ${limit.split('=')[1]} > /proc/sys/user/${limit.split('=')[0]} && exec "$0" "$1"`;
    this.#process = spawn('unshare', ['-U', '-r', 'sh', '-c', script, process.execPath, MAIN], {
      cwd: this.directory,
      // biome-ignore lint/style/noProcessEnv: where programs are found.
      env: { PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1', SYNC_CRON: 'off', API_KEYS: KEY },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    this.#process.once('close', () => {
      this.ended = true;
    });
  }

  async total(): Promise<number> {
    const url = /http:\/\/[\d.]+:\d+/.exec(this.output)?.[0];
    const answer = await fetch(`${url}/status`, { headers: { 'X-API-Key': KEY } });
    return ((await answer.json()) as { total: number }).total;
  }

  async remove(): Promise<void> {
    this.#process.kill('SIGKILL');
    await until(() => this.ended);
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `d${index}/d${index}.session`);
}

function mayLimit(): boolean {
  const script = 'echo 5 > /proc/sys/user/max_inotify_watches';
  const may = spawnSync('unshare', ['-U', '-r', 'sh', '-c', script], { stdio: 'ignore' }).status === 0;
  if (!may)
    process.stderr.write('skipped: tests of exhausted watches need user namespaces (unshare -U -r)\n');
  return may;
}

describe('watches beyond the system’s limit', () => {
  // The kernel's limit applies to a whole process, which runs in real time.
  it.each([
    ['ENOSPC', 'max_inotify_watches=5'],
    ['EMFILE', 'max_inotify_instances=0'],
  ])(
    '(%s) are logged once, and unwatched changes are still found',
    async (code, limit) => {
      if (!mayLimit()) return;
      const service = new Limited(limit);
      try {
        await until(() => service.output.includes('TeleGate is ready.') || service.ended);
        expect(await service.total()).toBe(20);
        const more = names(20).map((name) => [`sessions/${name.replace('.session', '-too.session')}`, '']);
        write(service.directory, Object.fromEntries(more));
        await until(async () => (await service.total()) === 40);
        const warnings = service.output.split('\n').filter((line) => line.includes('can be watched'));
        expect(warnings).toEqual([expect.stringContaining(code)]);
      } finally {
        await service.remove();
      }
    },
    60_000,
  );
});
