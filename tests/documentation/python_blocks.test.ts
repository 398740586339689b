import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe as describeAlways, expect, it } from '@jest/globals';
import { PROJECT_ROOT } from '../../src/kernel/project.js';
import { findPython, INSTALL_PYTHON } from '../clients/python/installation.js';
import { type Block, pageAt } from './pages.js';
import { PYTHON_PAGES } from './python_pages.js';
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

describe('the blocks of Python in', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(2);
    await tagAll(stage.journey);
  }, 60_000);
  afterAll(() => stage?.close());

  it.each(Object.keys(PYTHON_PAGES))(
    '%s work against the sandbox',
    async (page) => {
      const { service, sandbox, admin } = stage.journey;
      const { baseUrl: base_url, workerKey: api_key } = service;
      const blocks = blocksOf(page).map(({ line, text }) => ({
        line,
        text: text.replaceAll('http://localhost:8000', base_url),
      }));
      const told = {
        ...{ page, blocks, names: { base_url, api_key, ...APPLICATION } },
        ...{ rsa_key: sandbox.rsaPublicKey.pem, addresses: sandbox.addresses, port: sandbox.port },
      };
      const env = {
        PYTHONPATH: CLIENT,
        TELEGATE_URL: base_url,
        TELEGATE_API_KEY: api_key,
        HOME: stage.directory,
      };
      const ended = await new Promise<string>((resolve) => {
        const options = { cwd: stage.directory, env, timeout: 60_000 };
        const child = execFile(python, [RUNNER], options, (error, stdout, stderr) =>
          resolve(error ? `${error.message}${stderr}` : stdout),
        );
        child.stdin?.end(JSON.stringify(told));
      });
      expect(ended).not.toMatch(/Command failed/);
      expect(ended).not.toBe('');
      expect((await admin.get('/leases')).must(200)).toEqual([]);
      expect(sandbox.connections.overlaps()).toEqual([]);
    },
    90_000,
  );

  whereTypesAreChecked(
    'all pages are valid for the types of the client',
    () => {
      const directory = mkdtempSync(join(tmpdir(), 'documentation-'));
      try {
        const files = Object.keys(PYTHON_PAGES).map((path) => {
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
