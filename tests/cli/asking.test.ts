import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { startCommand } from './command.js';
import { sharedService } from './shared_service.js';

const shared = sharedService({ poolSize: 2 });

/** Runs the test beside a server that answers everything like this. */
async function besideServer(
  answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string },
  test: (url: string, requests: string[]) => Promise<void>,
): Promise<void> {
  const requests: string[] = [];
  const server = createServer((req, res) => {
    requests.push(`${req.method} ${req.url} ${req.headers['x-api-key'] ?? ''}`);
    res.writeHead(answer.status, answer.headers).end(answer.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await test(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests);
  } finally {
    server.close();
  }
}

describe('the exit code and the message of a command', () => {
  it('say that the command line is wrong, and where to look', async () => {
    const wrong = [
      ['pool', 'acquire', '--wait', 'soon'],
      ['pool', 'release'],
      ['sessions', 'list', '--status', 'gone'],
      ['sesions'],
      ['status', '--url', 'telegate.example'],
    ];
    for (const args of wrong) expect(await shared.run(...args)).toMatchObject({ exit: 2, stdout: '' });
    const { stderr } = await shared.run('pool', 'acquire', '--wait', 'soon');
    expect(stderr).toContain('Run `telegate pool acquire --help`');
  });

  it('say that the key is missing, unknown, or may not do this', async () => {
    const { TELEGATE_URL = '' } = shared.environment;
    const missing = await startCommand(['status'], { TELEGATE_URL }).ended;
    expect(missing).toMatchObject({ exit: 4, stderr: expect.stringContaining('Set TELEGATE_API_KEY') });
    const unknown = await startCommand(['status'], { TELEGATE_URL, TELEGATE_API_KEY: 'nobody-has-this-key' });
    expect(await unknown.ended).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining('Invalid API key'),
    });
    const role = await shared.runAsWorker('sessions', 'list');
    expect(role).toMatchObject({ exit: 4, stderr: expect.stringContaining('role') });
  });

  it('say that an object does not exist, and what lists those that do', async () => {
    const { exit, stderr } = await shared.run('sessions', 'show', '99');
    expect([exit, stderr]).toEqual([5, 'Session not found\n`telegate sessions list` shows the sessions.\n']);
    expect(await shared.run('sessions', 'show', 'nobody')).toMatchObject({ exit: 5 });
    expect(await shared.run('runs', 'follow', '99')).toMatchObject({ exit: 5 });
    expect(await shared.run('keys', 'revoke', '99')).toMatchObject({ exit: 5 });
  });

  it('find a session by its name, however many others contain it', async () => {
    const others = Array.from({ length: 1000 }, (_, index) => ({ id: index + 10, name: `s1${index}` }));
    const answers: Readonly<Record<string, unknown>> = {
      '/sessions?q=s1&skip=0&limit=1000': others,
      '/sessions?q=s1&skip=1000&limit=1000': [{ id: 7, name: 's1' }],
      '/sessions/7': { id: 7, name: 's1', status: 'free' },
    };
    const server = createServer((req, res) => void res.end(JSON.stringify(answers[req.url ?? ''] ?? [])));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      expect(await shared.run('sessions', 'show', 's1', '--url', url)).toMatchObject({
        exit: 0,
        stdout: expect.stringContaining('id\t7'),
      });
    } finally {
      server.close();
    }
  });

  it('say what is refused, with the field', async () => {
    const { exit, stderr } = await shared.run('pool', 'acquire', '--ttl', '100000');
    expect(exit).toBe(3);
    expect(stderr).toMatch(/^ttl: expected a whole number from 1 to 86400$/m);
  });

  it('say that nothing answers, and how to start the service', async () => {
    const { exit, stderr } = await shared.run('status', '--url', 'http://127.0.0.1:9');
    expect(exit).toBe(7);
    expect(stderr).toMatch(/^http:\/\/127\.0\.0\.1:9 does not answer: .*\n.*telegate serve/);
  });

  it('say that the service cannot do it now', async () => {
    const broken = { status: 502, body: '<html>Bad Gateway</html>' };
    await besideServer(broken, async (url) => {
      expect(await shared.run('status', '--url', url)).toMatchObject({ exit: 8, stdout: '' });
    });
    const page = { status: 200, body: '<html></html>' };
    await besideServer(page, async (url) => {
      const { stderr } = await shared.run('status', '--url', url);
      expect(stderr).toContain('is this the address of a TeleGate?');
    });
  });

  it('cannot steer the terminal, whatever the service quotes', async () => {
    const body = JSON.stringify({ detail: 'The name is taken:\n\x1b[2J\u{202e}evil', code: 'name_taken' });
    await besideServer({ status: 409, body }, async (url) => {
      const { stderr } = await shared.run('status', '--url', url);
      expect(stderr).toBe('The name is taken:\n\u{fffd}[2J\u{fffd}evil\nChoose another name.\n');
    });
  });

  it('take the key to no other address than the one that was set', async () => {
    await besideServer({ status: 200, body: '{}' }, (elsewhere, requests) =>
      besideServer({ status: 307, headers: { Location: elsewhere } }, async (url) => {
        expect(await shared.run('status', '--url', url)).toMatchObject({
          exit: 3,
          stderr: expect.stringContaining(elsewhere),
        });
        expect(requests).toEqual([]);
      }),
    );
  });

  it('are JSON on request', async () => {
    const { exit, stderr, stdout } = await shared.run('sessions', 'show', '99', '--json');
    expect([exit, stdout]).toEqual([5, '']);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        ...{ code: 'session_not_found', message: 'Session not found', field: null },
        ...{ next: '`telegate sessions list` shows the sessions.', exit_code: 5 },
      },
    });
  });

  it('are JSON on request for a wrong command line too', async () => {
    const { exit, stderr } = await shared.run('pool', 'release', '--json');
    expect([exit, JSON.parse(stderr)]).toEqual([
      2,
      { error: expect.objectContaining({ code: 'usage', exit_code: 2, message: expect.any(String) }) },
    ]);
  });

  it('are listed by --help, and in the docs with the same words', async () => {
    const { stdout } = await shared.run('--help');
    const listed = [...stdout.matchAll(/^ {2}(\d+) +(\S.*)$/gm)].map(([, code, meaning]) => [code, meaning]);
    expect(listed.map(([code]) => Number(code))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]);
    const docs = readFileSync('docs/command_line.md', 'utf8');
    for (const [code, meaning] of listed) expect(docs).toContain(`| ${code} | ${meaning} |`);
  });
});

describe('telegate runs follow', () => {
  it('asks for no log where it prints JSON, which has none', async () => {
    const run = { id: 1, state: 'completed', finished_at: '2030-01-01T00:00:00Z' };
    await besideServer({ status: 200, body: JSON.stringify(run) }, async (url, requests) => {
      const { exit, stdout } = await shared.run('runs', 'follow', '1', '--json', '--url', url);
      expect([exit, JSON.parse(stdout)]).toEqual([0, run]);
      expect(requests.map((request) => request.split(' ')[1])).toEqual(['/runs/1']);
    });
  });
});

describe('a list', () => {
  it('has a line a row and a tab between its values, where it is not on a terminal', async () => {
    const { stdout } = await shared.run('sessions', 'list', '--sort', 'id');
    const rows = stdout.split('\n').map((line) => line.split('\t'));
    expect(rows).toHaveLength(3);
    expect(rows[0]?.slice(0, 3)).toEqual(['1', expect.any(String), 'free']);
    expect(stdout).not.toContain('\x1b');
  });

  it('is the answer of the API with --json', async () => {
    const { admin } = shared.journey;
    expect(await shared.json('sessions', 'list')).toEqual((await admin.get('/sessions')).body);
    expect(await shared.json('sessions', 'list', '--status', 'dead')).toEqual([]);
    expect(await shared.json('sessions', 'show', '1')).toEqual((await admin.get('/sessions/1')).body);
  });

  it('is limited, and says what it leaves out', async () => {
    const { stdout, stderr } = await shared.run('sessions', 'list', '--limit', '1');
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stderr).toBe('1 of 2 are shown: --limit all shows every one.\n');
    expect(await shared.json('sessions', 'list', '--limit', '1', '--skip', '1')).toMatchObject([{ id: 2 }]);
    expect(await shared.json('sessions', 'list', '--limit', 'all')).toHaveLength(2);
  });

  it('is searched and sorted', async () => {
    const ids = async (...args: readonly string[]) =>
      (await shared.json<{ id: number }[]>('sessions', 'list', ...args)).map(({ id }) => id);
    expect(await ids('--sort', '-id')).toEqual([2, 1]);
    expect(await ids('--proxy', 'none', '--format', 'telethon')).toHaveLength(2);
    expect(await shared.json('leases', '--q', 'nobody', '--sort', '-leased_at')).toEqual([]);
    const refused = await shared.run('sessions', 'list', '--sort', 'beauty');
    expect(refused).toMatchObject({ exit: 3, stderr: expect.stringContaining('sort') });
  });

  it('says what to do where it is empty', async () => {
    expect(await shared.run('leases')).toEqual({ exit: 0, stdout: '', stderr: 'No session is leased.\n' });
  });

  it('shows who did what', async () => {
    await shared.run('sync');
    const [entry] = await shared.json<{ action: string }[]>('audit', '--action', 'sync');
    expect(entry).toMatchObject({ action: 'sync', outcome: 'done' });
    expect(await shared.json('audit', '--action', 'nothing')).toEqual([]);
    expect(await shared.json('audit', '--action', 'sync', '--outcome', 'failed')).toEqual([]);
    expect(await shared.json('audit', '--q', 'no such text', '--sort', 'at')).toEqual([]);
  });
});

describe('telegate keys, of a running service', () => {
  it('are created, listed and revoked', async () => {
    const created = await shared.run('keys', 'create', 'bob', '--role', 'monitor', '--tag', 'a', 'b');
    const key = created.stdout.trim();
    expect(key).toMatch(/^tg_[\w-]{43}$/);
    const { TELEGATE_URL = '' } = shared.environment;
    const asBob = () => startCommand(['status'], { TELEGATE_URL, TELEGATE_API_KEY: key }).ended;
    expect(await asBob()).toMatchObject({ exit: 0 });
    const [listed] = await shared.json<{ id: number }[]>('keys', 'list');
    expect(listed).toMatchObject({ name: 'bob', role: 'monitor', max_leases: null, tags: ['a', 'b'] });
    const { stdout } = await shared.run('keys');
    expect(stdout).toBe(`${listed?.id}\tmonitor\tunlimited leases; tags a, b\tbob\n`);
    expect(await shared.run('keys', 'revoke', String(listed?.id), '--end-leases')).toEqual({
      ...{ exit: 0, stdout: `Key ${listed?.id} is revoked.\n`, stderr: '' },
    });
    expect(await asBob()).toMatchObject({ exit: 4 });
  });
});
