import { expect, it } from '@jest/globals';
import { withPrograms } from '../main/program.js';
import { until } from '../service/manual_time.js';
import { startCommand } from './command.js';

const KEY = 'admin-key-of-these-tests';

it(
  'telegate status --watch goes on while the service restarts, and ends on Ctrl-C',
  withPrograms(async (start) => {
    const first = start({ API_KEYS: KEY });
    const { url } = await first.ready();
    const watching = startCommand(['status', '--watch', '--json'], {
      TELEGATE_URL: url,
      TELEGATE_API_KEY: KEY,
    });
    let shown = '';
    watching.process.stdout?.on('data', (chunk) => {
      shown += chunk;
    });
    await until(() => shown.includes('\n'));
    first.kill('SIGTERM');
    await first.ended();
    const second = start({ API_KEYS: KEY, PORT: new URL(url).port });
    await second.ready();
    const created = await fetch(`${url}/keys`, {
      method: 'POST',
      headers: { 'X-API-Key': KEY, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'worker', role: 'worker' }),
    });
    const { key } = (await created.json()) as { key: string };
    // Somebody stands in the queue now, which is a change.
    const waiting = startCommand(['pool', 'acquire', '--wait', '60'], {
      TELEGATE_URL: url,
      TELEGATE_API_KEY: key,
    });
    await until(() => shown.trim().split('\n').length > 1);
    expect(JSON.parse(shown.trim().split('\n').at(-1) ?? '')).toMatchObject({ total: 0, waiting: 1 });
    watching.process.kill('SIGINT');
    expect(await watching.ended).toMatchObject({ exit: 130, stderr: '' });
    waiting.process.kill('SIGTERM');
    expect(await waiting.ended).toMatchObject({ exit: 143 });
  }),
  90_000,
);

it(
  'telegate pool acquire --wait goes on waiting while the service restarts',
  withPrograms(async (start) => {
    const first = start({ API_KEYS: KEY });
    const { url } = await first.ready();
    const settings = { TELEGATE_URL: url, TELEGATE_API_KEY: KEY };
    const waiting = startCommand(['pool', 'acquire', '--wait', '600'], settings);
    const queue = async (): Promise<number> => {
      const answer = await fetch(`${url}/status`, { headers: { 'X-API-Key': KEY } });
      return ((await answer.json()) as { waiting: number }).waiting;
    };
    await until(async () => (await queue()) === 1);
    first.kill('SIGTERM');
    await first.ended();
    const second = start({ API_KEYS: KEY, PORT: new URL(url).port });
    await second.ready();
    await until(async () => (await queue()) === 1);
    expect(waiting.process.exitCode).toBeNull();
    waiting.process.kill('SIGINT');
    expect(await waiting.ended).toEqual({ exit: 130, stdout: '', stderr: '' });
  }),
  90_000,
);
