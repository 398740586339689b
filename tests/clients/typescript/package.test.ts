import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS, some, withService } from '../../service/service.js';

const CLIENT = resolve('clients/typescript');

/** The most that an installation may take, in bytes. */
const MAX_UNPACKED_BYTES = 60_000;

/** How each platform runs a program, by the name of its own: these are tested as far as they are on the PATH. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  ...{ node20: [], node22: [], node24: [], bun: ['run'] },
  deno: ['run', '--quiet', '--node-modules-dir=manual', '--allow-net', '--allow-env', '--allow-read'],
};
const platforms = [{ program: process.execPath, args: [] as readonly string[] }].concat(
  Object.entries(OTHERS).flatMap(([name, args]) => {
    const program = onPath(name);
    return program === null ? [] : [{ program, args }];
  }),
);
const absent = Object.keys(OTHERS).filter((name) => onPath(name) === null);
if (absent.length > 0)
  process.stderr.write(
    `skipped: the TypeScript client under ${absent.join(', ')}, which are not on the PATH\n`,
  );

function onPath(name: string): string | null {
  // biome-ignore lint/style/noProcessEnv: where programs are found.
  const { PATH = '' } = process.env;
  const paths = PATH.split(delimiter).map((directory) => join(directory, name));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Uses the package as a worker does; prints the name of the session. */
const WORK = `
  const telegate = new TeleGate({ baseUrl: process.argv[2], apiKey: process.argv[3] });
  telegate.pool.withSession(async ({ session_name }) => console.log(session_name));`;

const TYPED = `
import { type Api, type Lease, NoFreeSession, TeleGate } from '@telegate/client';
const telegate = new TeleGate({ baseUrl: 'http://localhost:8000', apiKey: 'key' });
export async function work(): Promise<Api.Session[]> {
  await using lease: Lease = await telegate.pool.acquire({ tags: ['eu'], wait: 600 });
  const { action, wait_seconds = 0 } = await lease.report(new Error('x'));
  const which: 'wait' | 'swap' | 'stop' | 'retry' = action;
  if (which === 'wait') await lease.floodWait(wait_seconds);
  const names: string[] = await telegate.pool.withSession(async (session, signal) => [session.lease_id, String(signal.aborted)]);
  const [channel] = await telegate.sessions.channels(1, { refresh: true });
  const hash: number | bigint | null | undefined = channel?.access_hash;
  const run: Api.Run = await telegate.runs.get(7);
  // @ts-expect-error: a key has a name.
  await telegate.keys.create({ role: 'worker' });
  // @ts-expect-error: it does not say which session.
  await telegate.call('GET /sessions/{id}');
  // @ts-expect-error: there is no such operation.
  await telegate.call('GET /nothing');
  try {
    await telegate.call('GET /sessions/{id}', { path: { id: run.id } });
  } catch (error) {
    if (error instanceof NoFreeSession) return [];
  }
  return names.length + Number(hash) > 0 ? telegate.sessions.list({ limit: 5 }) : [];
}
`;

describe('the package of the client', () => {
  let folder: string;
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: folder, encoding: 'utf8' });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'package-'));
    execFileSync(process.execPath, [join(CLIENT, 'build.js')], { stdio: 'pipe' });
    run('npm', 'pack', CLIENT, '--silent');
    const [packed = ''] = readdirSync(folder);
    write('package.json', '{ "private": true }');
    run('npm', 'install', '--offline', '--no-audit', '--no-fund', '--silent', `./${packed}`);
  }, 120_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const installed = () => join(folder, 'node_modules', '@telegate', 'client');

  it('is installed alone, and small', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      '@telegate',
    ]);
    const names = readdirSync(installed(), { recursive: true, encoding: 'utf8' });
    const files = names.map((name) => statSync(join(installed(), name))).filter((file) => file.isFile());
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(MAX_UNPACKED_BYTES);
    expect(readdirSync(installed()).sort()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  });

  it('has no dependencies, and the version of the service', () => {
    const { version, dependencies } = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8'));
    expect(dependencies).toBeUndefined();
    expect(version).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
  });

  it(
    'leases a session as an ES module and with require, under every platform',
    withService(
      async (service) => {
        write('work.mjs', `import { TeleGate } from '@telegate/client';${WORK}`);
        write('work.cjs', `const { TeleGate } = require('@telegate/client');${WORK}`);
        for (const { program, args } of platforms) {
          for (const work of ['work.mjs', 'work.cjs']) {
            const all = [...args, join(folder, work), service.url, KEYS.worker];
            const printed = await new Promise((printed) => {
              execFile(program, all, { cwd: folder }, (_error, stdout, stderr) =>
                printed(`${stdout}${stderr}`),
              );
            });
            expect([program, work, printed]).toEqual([program, work, 's001\n']);
            expect(await service.status()).toMatchObject({ free: 1 });
          }
        }
      },
      { files: some(1) },
    ),
    120_000,
  );

  it('is typed for both, without a check of libraries that is skipped', () => {
    write('typed.mts', TYPED);
    write('typed.cts', TYPED);
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2022,dom',
    ];
    const tsc = resolve('node_modules/typescript/lib/tsc.js');
    run(process.execPath, tsc, ...options, '--types', '', 'typed.mts', 'typed.cts');
  }, 120_000);
});
