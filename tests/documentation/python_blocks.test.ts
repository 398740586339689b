import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe as describeAlways, expect, it } from '@jest/globals';
import { PROJECT_ROOT } from '../../src/kernel/project.js';
import { findPython, INSTALL_PYTHON } from '../clients/python/installation.js';
import { type Block, pageAt, pagesWith } from './pages.js';
import { type Stage, startStage, tagAll } from './world.js';

const python = findPython() ?? '';
if (python === '') process.stderr.write(`skipped: the pages' blocks of Python (${INSTALL_PYTHON})\n`);
const describe = python === '' ? describeAlways.skip : describeAlways;
const mypy = join(dirname(python), 'mypy');
const whereTypesAreChecked = existsSync(mypy) ? it : it.skip;

const RUNNER = join(PROJECT_ROOT, 'tests', 'documentation', 'run_blocks.py');
const CLIENT = join(PROJECT_ROOT, 'clients', 'python', 'src');
const APPLICATION = { api_id: 12345, api_hash: '0123456789abcdef0123456789abcdef' };

function blocksOf(path: string): readonly Block[] {
  return pageAt(path).blocks.filter(({ language }) => language === 'python');
}

const PYTHON_PAGES = pagesWith('python').map(({ path }) => path);

/** The blocks as functions of one module, with what the pages take for granted. */
function moduleOf(blocks: readonly Block[]): string {
  const head = `from telegate import AsyncTeleGate
pool: AsyncTeleGate
api_key: str
base_url: str
api_id: int
api_hash: str
tasks: list[str]
def work(task: str) -> None: ...
`;
  const functions = blocks.map(
    ({ text, line }) => `async def block_${line}() -> None:\n${text.replaceAll(/^(?=.)/gm, '    ')}\n`,
  );
  return head + functions.join('');
}

/** What a page has printed, or its error. */
type Outcome = { readonly printed: string } | { readonly error: string };

/** Runs all pages, one after the other, in one process: its libraries take long to load. */
function runPages({ journey, directory }: Stage): Promise<string> {
  const { service, sandbox } = journey;
  const { baseUrl: base_url, workerKey: api_key } = service;
  const pages = PYTHON_PAGES.map((path) => {
    const blocks = blocksOf(path).map(({ line, text }) => ({
      line,
      text: text.replaceAll('http://localhost:8000', base_url),
    }));
    return { path, blocks };
  });
  const told = {
    ...{ pages, names: { base_url, api_key, ...APPLICATION } },
    ...{ rsa_key: sandbox.rsaPublicKey.pem, addresses: sandbox.addresses, port: sandbox.port },
  };
  const env = { PYTHONPATH: CLIENT, TELEGATE_URL: base_url, TELEGATE_API_KEY: api_key, HOME: directory };
  return new Promise((resolve, reject) => {
    const options = { cwd: directory, env, timeout: 60_000 };
    const child = execFile(python, [RUNNER], options, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    child.stdin?.end(JSON.stringify(told));
  });
}

describe('the blocks of Python in', () => {
  let outcomes: Readonly<Record<string, Outcome>> = {};
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(2);
    await tagAll(stage.journey);
    outcomes = JSON.parse(await runPages(stage));
  }, 120_000);
  afterAll(() => stage?.close());

  it.each(PYTHON_PAGES)('%s work against the sandbox', (path) => {
    expect(outcomes[path]).toEqual({ printed: expect.stringMatching(/./) });
  });

  it('all pages leave no lease behind, and never connect one session twice at once', async () => {
    const { admin, sandbox } = stage.journey;
    expect((await admin.get('/leases')).must(200)).toEqual([]);
    expect(sandbox.connections.overlaps()).toEqual([]);
  });

  whereTypesAreChecked(
    'all pages are valid for the types of the client',
    () => {
      const directory = mkdtempSync(join(tmpdir(), 'documentation-'));
      try {
        const files = PYTHON_PAGES.map((path) => {
          const file = `${path.replaceAll(/\W/g, '_')}.py`;
          writeFileSync(join(directory, file), moduleOf(blocksOf(path)));
          return file;
        });
        // Those of the client: Telethon and kurigram have no types.
        const config = join(PROJECT_ROOT, 'clients', 'python', 'pyproject.toml');
        const cache = join(tmpdir(), 'documentation-mypy');
        const options = ['--strict', '--config-file', config, '--cache-dir', cache];
        const env = { MYPYPATH: CLIENT };
        expect(execFileSync(mypy, [...options, ...files], { cwd: directory, env, encoding: 'utf8' })).toMatch(
          /^Success/,
        );
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
    90_000,
  );
});
