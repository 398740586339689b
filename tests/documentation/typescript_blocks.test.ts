import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transformSync } from 'esbuild';
import { PROJECT_ROOT } from '../../src/kernel/project.js';
import { pageAt } from './pages.js';
import { TYPESCRIPT_PAGES } from './typescript_pages.js';
import { type Stage, startStage, tagAll } from './world.js';

/** A block as a program of its own. */
interface Program {
  /** Page and line. */
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

const PROGRAMS: readonly Program[] = Object.entries(TYPESCRIPT_PAGES).flatMap(([path, { prelude }]) =>
  pageAt(path)
    .blocks.filter(({ language }) => language === 'ts')
    .map(({ text, line }) => ({
      name: `${path}:${line}`,
      file: `${path.replaceAll(/\W/g, '_')}_${line}`,
      text: text.includes('const telegate =') ? text : `${prelude}\n${text}`,
    })),
);

const SOURCES = join(PROJECT_ROOT, 'clients', 'typescript', 'src', 'index.js');
const COMPILED = join(PROJECT_ROOT, 'dist', 'clients', 'typescript', 'src', 'index.js');

/** The client as the programs import it, with what mtcute needs on the sandbox. */
const CLIENT = `export * from '${COMPILED}';
import { TeleGate as Client } from '${COMPILED}';
export class TeleGate extends Client {
  constructor(options) {
    super(options);
    const { pool } = this;
    const { withMtcute } = pool;
    pool.withMtcute = (work, options) =>
      withMtcute.call(pool, work, { ...options, client: { network: { usePfs: false } } });
  }
}`;

describe('the programs in TypeScript of', () => {
  let directory: string;
  let stage: Stage;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'documentation-'));
    stage = await startStage(2);
    await tagAll(stage.journey);
    const client = join(directory, 'node_modules', '@telegate', 'client');
    mkdirSync(client, { recursive: true });
    const write = (name: string, text: string) => writeFileSync(join(client, name), text);
    write('package.json', '{ "type": "module", "types": "./index.d.ts", "exports": "./index.js" }');
    write('index.d.ts', `export * from '${SOURCES}';`);
    write('index.js', CLIENT);
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    for (const { file, text } of PROGRAMS) {
      const { baseUrl, workerKey } = stage.journey.service;
      const here = text
        .replaceAll('http://localhost:8000', baseUrl)
        .replaceAll('the key of a worker', workerKey);
      writeFileSync(join(directory, `${file}.ts`), here);
      writeFileSync(
        join(directory, `${file}.js`),
        transformSync(here, { loader: 'ts', target: 'node20' }).code,
      );
    }
  }, 60_000);

  afterAll(async () => {
    await stage?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('all pages are valid for the types of the client', () => {
    const tsc = join(PROJECT_ROOT, 'node_modules', 'typescript', 'lib', 'tsc.js');
    const options =
      '--noEmit --strict --noUncheckedIndexedAccess --skipLibCheck --module nodenext --target es2023';
    const types = ['--types', 'node', '--typeRoots', join(PROJECT_ROOT, 'node_modules', '@types')];
    const args = [
      ...options.split(' '),
      '--lib',
      'es2023,dom,dom.iterable,dom.asynciterable,esnext.disposable',
    ];
    const files = PROGRAMS.map(({ file }) => `${file}.ts`);
    execFileSync(process.execPath, [tsc, ...args, ...types, ...files], { cwd: directory, encoding: 'utf8' });
  }, 60_000);

  it.each(PROGRAMS.map(({ name, file, text }) => [name, file, text] as const))(
    '%s works against the sandbox',
    async (_, file, text) => {
      const { adminKey, workerKey } = stage.journey.service;
      const env = { TELEGATE_API_KEY: workerKey, ADMIN_KEY: adminKey };
      const told = await new Promise<{ readonly error: Error | null; readonly printed: string }>(
        (resolve) => {
          execFile(
            process.execPath,
            [`${file}.js`],
            { cwd: directory, env, timeout: 40_000 },
            (error, stdout) => resolve({ error, printed: stdout }),
          );
        },
      );
      expect(told.error).toBeNull();
      if (/^\s*console\.log|=> console\.log/m.test(text)) expect(told.printed).not.toBe('');
      expect((await stage.journey.admin.get('/leases')).must(200)).toEqual([]);
      expect(stage.journey.sandbox.connections.overlaps()).toEqual([]);
    },
    60_000,
  );
});
