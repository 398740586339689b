import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { startCommand } from './command.js';
import { sharedService } from './shared_service.js';

const shared = sharedService({ poolSize: 2 });

interface Lease {
  readonly session_id: number;
  readonly session_name: string;
  readonly lease_id: string;
}

const acquire = (...args: readonly string[]) => shared.json<Lease>('pool', 'acquire', ...args);

const release = ({ session_id, lease_id }: Lease) =>
  shared.json('pool', 'release', `${session_id}`, '--lease', lease_id);

const stateOf = async (id: number) =>
  (await shared.json<{ status: string }>('sessions', 'show', `${id}`)).status;

/** Runs the test beside a proxy of the service that passes answers on, holds them forever, or loses them. */
async function besideProxy(
  becomes: (answer: IncomingMessage, number: number) => IncomingMessage | 'held' | 'lost',
  test: (url: string, answered: () => number) => Promise<void>,
): Promise<void> {
  let answers = 0;
  const { hostname: host, port } = new URL(shared.journey.service.baseUrl);
  const proxy = createServer((req, res) => {
    const { url: path, method, headers } = req;
    const on = request({ host, port, path, method, headers });
    req.pipe(on);
    on.on('response', (answer) => {
      answers += 1;
      const outcome = becomes(answer, answers);
      if (typeof outcome !== 'string')
        return outcome.pipe(res.writeHead(outcome.statusCode ?? 0, outcome.headers));
      answer.resume();
      if (outcome === 'lost') res.destroy();
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  try {
    await test(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, () => answers);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

describe('telegate pool', () => {
  it('acquires a session, prints its id and the lease, and gives it back', async () => {
    const { exit, stdout } = await shared.run(
      'pool',
      'acquire',
      '--ttl',
      '600',
      '--method',
      'users.getUsers',
    );
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^\d+\t\S+\n$/);
    const [session = '', lease = ''] = stdout.trim().split('\t');
    const leased = await shared.run('leases');
    expect(leased.stdout).toContain(lease);
    expect(await shared.json('leases')).toMatchObject([{ session_id: Number(session), lease_id: lease }]);
    const other = await shared.run('pool', 'release', session, '--lease', 'another');
    expect(other).toMatchObject({ exit: 3, stderr: expect.stringContaining('lease lost') });
    const released = await shared.run('pool', 'release', session, '--lease', lease);
    expect(released).toEqual({ exit: 0, stdout: `Session ${session} is released.\n`, stderr: '' });
    expect(await shared.json('leases')).toEqual([]);
  });

  it('takes a session by its name as well', async () => {
    const [first] = await shared.json<{ name: string; id: number }[]>('sessions', 'list');
    const lease = await acquire('--session', `name:${first?.name}`);
    expect(lease).toMatchObject({ session_id: first?.id, session_name: first?.name });
    const done = await shared.run('pool', 'release', `name:${first?.name}`, '--lease', lease.lease_id);
    expect(done.exit).toBe(0);
  });

  it('tells how many are in use where none is free, and waits in the queue on request', async () => {
    const leases = [await acquire(), await acquire()];
    const { exit, stderr, stdout } = await shared.run('pool', 'acquire');
    expect([exit, stdout]).toEqual([6, '']);
    expect(stderr).toMatch(/^No session is free: 2 in use\.\n.*--wait/);
    const waiting = acquire('--wait', '300');
    await until(
      async () => (await shared.journey.admin.get<{ waiting: number }>('/status')).body.waiting === 1,
    );
    const [given, kept] = leases;
    if (given) await release(given);
    const granted = await waiting;
    expect(granted.session_id).toBe(given?.session_id);
    for (const lease of [granted, kept]) if (lease) await release(lease);
  });

  it('leaves the queue on Ctrl-C, with 130', async () => {
    const leases = [await acquire(), await acquire()];
    const waiting = startCommand(['pool', 'acquire', '--wait', '300'], shared.environment);
    const queued = async () => (await shared.journey.admin.get<{ waiting: number }>('/status')).body.waiting;
    await until(async () => (await queued()) === 1);
    waiting.process.kill('SIGINT');
    expect(await waiting.ended).toEqual({ exit: 130, stdout: '', stderr: '' });
    await until(async () => (await queued()) === 0);
    for (const lease of leases) await release(lease);
  });

  it('gives back what was granted while it was interrupted', async () => {
    await besideProxy(
      // The first answer stays on its way.
      (answer, number) => (number === 1 ? 'held' : answer),
      async (url, answered) => {
        const acquiring = startCommand(['pool', 'acquire', '--url', url], shared.environment);
        await until(() => answered() === 1);
        expect(await shared.json('leases')).toHaveLength(1);
        acquiring.process.kill('SIGINT');
        expect(await acquiring.ended).toEqual({ exit: 130, stdout: '', stderr: '' });
        expect(await shared.json('leases')).toEqual([]);
      },
    );
  });

  it('takes no second session where the answer was lost on the way', async () => {
    await besideProxy(
      (answer, number) => (number > 2 ? answer : 'lost'),
      async (url, answered) => {
        const lease = await acquire('--url', url);
        expect(answered()).toBe(3);
        expect(await shared.json('leases')).toMatchObject([{ lease_id: lease.lease_id }]);
        await release(lease);
      },
    );
  });

  it('floods a session, or a method of it, and restores it', async () => {
    const flooded = await shared.run('pool', 'flood', '1', '3600');
    expect(flooded.stdout).toMatch(/^Session 1 is flooded until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\n$/);
    expect(await stateOf(1)).toBe('flood');
    expect(await shared.run('pool', 'restore', '1')).toMatchObject({
      exit: 0,
      stdout: 'Session 1 is restored.\n',
    });
    expect(await stateOf(1)).toBe('free');
    const method = await shared.json('pool', 'flood', '1', '60', '--method', 'messages.search');
    expect(method).toMatchObject({ status: 'floodwait', method: 'messages.search' });
    expect(await stateOf(1)).toBe('free');
    await shared.run('pool', 'restore', '1');
  });

  it('releases with a flood wait, and invalidates', async () => {
    const lease = await acquire();
    const id = `${lease.session_id}`;
    await shared.run('pool', 'release', id, '--lease', lease.lease_id, '--flood-wait', '600');
    expect(await stateOf(lease.session_id)).toBe('flood');
    expect(await shared.run('pool', 'invalidate', id, '--reason', 'retired')).toMatchObject({ exit: 0 });
    expect(await stateOf(lease.session_id)).toBe('invalid');
    await shared.run('pool', 'restore', id);
    expect(await stateOf(lease.session_id)).toBe('free');
  });

  it('is counted by telegate status', async () => {
    expect(await shared.json('status')).toMatchObject({ total: 2, free: 2, in_use: 0 });
    const lease = await acquire();
    const { stdout } = await shared.runAsWorker('status');
    expect(stdout).toMatch(
      /^sessions +2\nfree +1\nin use +1 +oldest for .*\nflood wait +0\nunavailable +0\n$/,
    );
    await release(lease);
  });
});

describe('telegate sync', () => {
  it('reports what changed, and changes nothing with --dry-run', async () => {
    const { exit, stdout, stderr } = await shared.run('sync', '--dry-run');
    expect([exit, stderr]).toEqual([0, 'Nothing was changed: this was a dry run.\n']);
    expect(stdout).toMatch(/^new sessions\t0$/m);
    expect(await shared.json('sync')).toMatchObject({ dry_run: false, details: { total_sessions: 2 } });
  });
});
