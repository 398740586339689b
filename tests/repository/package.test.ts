import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Program } from '../main/program.js';

const directory = mkdtempSync(join(tmpdir(), 'package-'));
const app = join(directory, 'app');
const { version, scripts, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

// biome-ignore lint/style/noProcessEnv: npm needs its cache and its settings
const environment = { ...process.env, npm_config_update_notifier: 'false' };

/** Packs what is compiled: `prepack` would compile again, beside tests that run from there. */
function pack(): Packed {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', directory];
  const [packed] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', env: environment }));
  return packed;
}

/** Installs the package into an empty directory; null, or why the registry could not be asked. */
function install(file: string): string | null {
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{"private":true}');
  const args = ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', file];
  const { status, stderr } = spawnSync('npm', args, {
    ...{ cwd: app, encoding: 'utf8', env: environment, timeout: 200_000 },
  });
  if (status === 0) return null;
  if (/ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|E40[13]|E5\d\d/.test(stderr)) return 'the registry of npm is away';
  throw new Error(`npm install ended with ${status}: ${stderr}`);
}

/** The binary that a script of this package would compile or download: that takes minutes, so it is taken from here. */
function addCompiledDatabase(): void {
  const file = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';
  mkdirSync(dirname(join(app, file)), { recursive: true });
  cpSync(file, join(app, file));
}

describe('the published package', () => {
  let packed: Packed;
  let away: string | null = null;

  beforeAll(() => {
    packed = pack();
    away = install(join(directory, packed.filename));
    if (away === null) addCompiledDatabase();
    else process.stderr.write(`not installed: ${away}\n`);
  }, 240_000);
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('contains the compiled service, its migrations and the console, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    const allowed =
      /^(dist\/(src|web)\/|drizzle\/|package\.json|README\.md|LICENSE|CHANGELOG\.md|\.env\.example)/;
    expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
    expect(
      paths.filter((path) =>
        /(^|\/)(tests?|bench|sandbox|sessions\/.*\.session|data)\/|\.(ts|map)$/.test(path),
      ),
    ).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining(['dist/src/main.js', 'dist/src/cli/main.js', 'dist/web/index.html']),
    );
    const compiled = paths.filter((path) => path.startsWith('dist/src/'));
    const sources = compiled.map((path) => path.replace(/^dist\/(.*)\.js$/, '$1.ts'));
    expect(sources.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('is compiled before it is packed', () => {
    expect(scripts.prepack).toBe('npm run --silent build');
  });

  it('depends on nothing that is only there for development', () => {
    const compiled = packed.files.filter(({ path }) => path.startsWith('dist/src/'));
    const imported = compiled.flatMap(({ path }) => [
      ...readFileSync(path, 'utf8').matchAll(/(?:\bfrom |import\()'([^.'\n][^'\n]*)'/g),
    ]);
    const names = imported.map(([, name = '']) =>
      name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/'),
    );
    const packages = [...new Set(names)].filter((name) => !name.startsWith('node:'));
    expect(packages.filter((name) => !(name in dependencies))).toEqual([]);
  });

  it('runs as `npx telegate`, and says that it has no sandbox', () => {
    if (away !== null) return;
    const run = (...args: readonly string[]) =>
      spawnSync('npx', ['--no-install', 'telegate', ...args], {
        cwd: app,
        encoding: 'utf8',
        env: environment,
      });
    expect(run('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
    const sandbox = run('sandbox');
    expect(sandbox.status).toBe(2);
    expect(sandbox.stderr).toContain('The published package has no sandbox');
  }, 60_000);

  it('serves the API, the console and its documentation', async () => {
    if (away !== null) return;
    const program = join(app, 'node_modules', 'telegate', 'dist', 'src', 'cli', 'main.js');
    const service = new Program(directory, {}, [program, 'serve']);
    try {
      const { url } = await service.ready();
      const page = await (await fetch(url, { headers: { Accept: 'text/html' } })).text();
      const script = /<script[^>]* src="([^"]+)"/.exec(page)?.[1] ?? '';
      expect((await fetch(new URL(script, url))).status).toBe(200);
      expect((await fetch(`${url}/docs/`)).status).toBe(200);
      expect((await fetch(`${url}/openapi.json`)).status).toBe(200);
      expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    } finally {
      if (service.exit === undefined) service.kill('SIGTERM');
      expect(await service.ended()).toBe(0);
    }
  }, 60_000);
});
