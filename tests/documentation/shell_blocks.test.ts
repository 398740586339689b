import { describe as describeAlways, expect, it } from '@jest/globals';
import { parseExactJson } from '../../src/http/exact_json.js';
import { type Bindings, compareAnswer, readAnswer } from './answers.js';
import { type Block, pageAt } from './pages.js';
import { type Command, commandsOf, found, type Outcome, PageShell } from './shell.js';
import { ELSEWHERE, SHELL_PAGES, type ShellPage } from './shell_pages.js';
import { type Stage, startStage } from './world.js';

const missing = ['bash', 'curl', 'jq', 'openssl'].filter((program) => found(program) === null);
if (missing.length > 0) process.stderr.write(`skipped: apt-get install ${missing.join(' ')}\n`);
const describe = missing.length === 0 ? describeAlways : describeAlways.skip;

const SHELL = ['sh', 'bash'];
const PRINTED_HOST = /\b(localhost|127\.0\.0\.1):8000\b/g;

/** Blocks that share a service, and how many sessions are in its pool. */
interface Act {
  readonly sessions: number;
  readonly blocks: Block[];
}

/** A page's blocks of commands, cut where a service of its own begins. */
function actsOf(path: string, { sessions = 0, anew = {} }: ShellPage): Act[] {
  const acts: Act[] = [{ sessions, blocks: [] }];
  let section = '';
  for (const block of pageAt(path).blocks.filter(({ language }) => SHELL.includes(language))) {
    const own = anew[block.section];
    if (own !== undefined && section !== block.section) acts.push({ sessions: own, blocks: [] });
    section = block.section;
    if (commandsOf(block).some(isRunHere)) acts.at(-1)?.blocks.push(block);
  }
  return acts.filter(({ blocks }) => blocks.length > 0);
}

function isRunHere({ text }: Command): boolean {
  return !ELSEWHERE.some(({ command }) => command.test(text));
}

/** The variables of a page's shell. */
function environmentOf(stage: Stage, { key, cliKey, environment }: ShellPage): Record<string, string> {
  const { baseUrl, adminKey, workerKey } = stage.journey.service;
  const keys = { admin: adminKey, worker: workerKey };
  return {
    ...{ TELEGATE_URL: baseUrl, PORT: new URL(baseUrl).port, API_KEYS: adminKey, LANG: 'C.UTF-8' },
    ...{ ...(key && { KEY: keys[key] }), ...(cliKey && { TELEGATE_API_KEY: keys[cliKey] }) },
    ...environment?.(stage),
  };
}

/** Runs the commands of an act in order; what is wrong with them. */
async function play(path: string, page: ShellPage, { sessions, blocks }: Act): Promise<string[]> {
  const stage = await startStage(sessions, page.settings);
  const put = (await page.prepare?.(stage)) ?? {};
  const bindings: Bindings = new Map(Object.entries(put));
  const shell = new PageShell(stage.directory, environmentOf(stage, page));
  const wrong = Object.keys(put).filter((text) => !blocks.some((block) => block.text.includes(text)));
  try {
    for (const block of blocks)
      for (const command of commandsOf(block).filter(isRunHere)) {
        const here = filledIn(command.text, bindings, stage);
        const outcome = block.language === 'bash' ? await shell.runScript(here) : await shell.run(here);
        wrong.push(...judge(command, outcome, bindings).map((what) => `${path}:${command.line}: ${what}`));
      }
  } finally {
    shell.close();
    await stage.close();
  }
  return wrong;
}

/** The command with what the page leaves open, and with the address of this service. */
function filledIn(command: string, bindings: Bindings, { journey: { service } }: Stage): string {
  const { host } = new URL(service.baseUrl);
  const text = [...bindings].reduce((text, [printed, here]) => text.replaceAll(printed, here), command);
  return text.replaceAll(PRINTED_HOST, host);
}

/** What is wrong with how a command ended. */
function judge({ text, answer }: Command, { exit, stdout, stderr }: Outcome, bindings: Bindings): string[] {
  const isRefused = answer?.startsWith('{"detail"') ?? false;
  if (exit !== 0 && !isRefused) return [`${text} ended with ${exit}: ${stderr}${stdout}`.slice(0, 2000)];
  if (answer === null) return [];
  try {
    return compareAnswer(readAnswer(answer), parseExactJson(stdout), bindings);
  } catch (error) {
    return [`${error instanceof Error ? error.message : error}: ${answer} / ${stdout}`];
  }
}

describe('the commands of', () => {
  it.each(Object.keys(SHELL_PAGES))(
    '%s run in order, and are answered as printed',
    async (path) => {
      const page = SHELL_PAGES[path] ?? {};
      const wrong: string[] = [];
      for (const act of actsOf(path, page)) wrong.push(...(await play(path, page, act)));
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});

describe('a command that is not run here', () => {
  it('is printed somewhere', () => {
    const printed = Object.keys(SHELL_PAGES).flatMap((path) =>
      pageAt(path)
        .blocks.filter(({ language }) => language === 'sh')
        .flatMap(commandsOf),
    );
    const unused = ELSEWHERE.filter(({ command }) => !printed.some(({ text }) => command.test(text)));
    expect(unused).toEqual([]);
  });
});
