import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, type Journey, startJourney } from '../journeys/journey.js';
import { until } from '../service/manual_time.js';
import { startCommand } from './command.js';
import { onTerminal, TELEGATE, Terminal } from './terminal.js';

/** The terminal of the documentation. */
const SIZE = { columns: 80, rows: 24 };

/** Where the documented installation is; a directory of as many characters takes its place. */
const DOCUMENTED = '/var/lib/telegate';

/** Whose code and password the login asks for. */
const PHONE = '+9996620001';

/** Writes the screens of the documentation as they are now: `npm run screens`. */
async function main(): Promise<void> {
  const journey = await startJourney({ poolSize: 3 });
  const directory = mkdtempSync('/tmp/telega');
  try {
    for (const { page, title, shown } of [...(await screensOf(journey)), ...(await diagnoses(directory))])
      replace(page, title, shown);
  } finally {
    await journey.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A screen, and below which line of which page it is. */
interface Screen {
  readonly page: string;
  readonly title: string;
  readonly shown: readonly string[];
}

/** Puts the screen into the first block of text below its title. */
function replace(page: string, title: string, shown: readonly string[]): void {
  const [before = '', after] = readFileSync(page, 'utf8').split(`${title}\n`);
  if (after === undefined) throw new Error(`${page} has no line ${title}`);
  const screen = shown.join('\n').trimEnd();
  const renewed = after.replace(/```text\n[\s\S]*?\n```/, () => `\`\`\`text\n${screen}\n\`\`\``);
  writeFileSync(page, `${before}${title}\n${renewed}`);
}

async function screensOf(journey: Journey): Promise<Screen[]> {
  const { admin, service } = journey;
  const environment = { TELEGATE_URL: service.baseUrl, TELEGATE_API_KEY: service.adminKey, TERM: 'xterm' };
  const page = 'docs/command_line.md';
  const on = (args: readonly string[], test: (terminal: Terminal) => Promise<void>) =>
    onTerminal(args, environment, test, SIZE);
  const screens: Screen[] = [];
  const add = (title: string, { screen }: Terminal) => screens.push({ page, title, shown: screen });

  await admin.post('/session?ttl=600');
  await admin.post('/floodwait?session_id=3&wait_seconds=3600');
  await on(['status', '--watch'], async (terminal) => {
    await terminal.shows(/oldest for [3-9] s/);
    add('`telegate status --watch`:', terminal);
  });
  await admin.post('/restore?session_id=3');
  const news = { name: 'News', identifier: '@sandbox_news', access_level: 'public', target: 'LOCAL' };
  const { body } = await admin.post<{ id: number }>('/sources', news);
  const source = await admin.get<{ last_run: { id: number } }>(`/sources/${body.id}`);
  await on(['runs', 'follow', `${source.body.last_run.id}`], async (terminal) => {
    await terminal.shows(/[3-9] %/);
    add('`telegate runs follow ID`:', terminal);
  });
  await on(['sessions', 'login', '--name', 'cleo'], async (terminal) => {
    for (const [question, answer] of [
      ['Phone number, with +:', () => PHONE],
      [/Code:$/m, () => '00000'],
      [/Invalid OTP code\nCode:$/m, () => codeOf(journey, PHONE)],
      [/2FA password.*:$/m, () => 'correct horse'],
    ] as const) {
      await terminal.shows(question);
      terminal.type(`${answer()}\r`);
    }
    await terminal.ended();
    add('`telegate sessions login --name cleo`:', terminal);
  });
  return screens;
}

/** What doctor says of a sound installation, and of a broken one. */
async function diagnoses(directory: string): Promise<Screen[]> {
  const [data, sessions] = [join(directory, 'data'), join(directory, 'sessions')];
  const settings = { DATA_DIR: data, SESSIONS_DIR: sessions, HOST: '127.0.0.1', PORT: '0', TERM: 'xterm' };
  mkdirSync(sessions, { mode: 0o700 });
  for (const name of ['alpha', 'beta'])
    writeFileSync(join(sessions, `${name}.session`), name, { mode: 0o600 });
  await startOnce(settings, directory);
  const page = 'docs/operations/doctor.md';
  const sound = await diagnosis(settings, directory);
  chmodSync(data, 0o755);
  rmSync(join(data, 'encryption.key'));
  const broken = await diagnosis({ ...settings, BEGIN_ANEW: 'on', NAS_ROOT: '/mnt/nas' }, directory);
  return [
    { page, title: 'An installation that is sound:', shown: sound },
    { page, title: 'What is wrong with another one:', shown: bad(broken) },
  ];
}

/** The service creates its database and its key. */
async function startOnce(settings: Readonly<Record<string, string>>, directory: string): Promise<void> {
  const { process: service, ended } = startCommand(['serve'], settings, directory);
  let told = '';
  service.stdout?.on('data', (chunk) => {
    told += chunk;
  });
  await until(() => told.includes('TeleGate is ready.'));
  service.kill('SIGTERM');
  await ended;
}

async function diagnosis(
  settings: Readonly<Record<string, string>>,
  directory: string,
): Promise<readonly string[]> {
  const terminal = new Terminal([...TELEGATE, 'doctor', '--offline'], settings, SIZE);
  await terminal.ended();
  return terminal.screen.map((line) => line.replaceAll(directory, DOCUMENTED));
}

/** The screen without the findings that are ok. */
function bad(screen: readonly string[]): string[] {
  let isOk = false;
  return screen.filter((line) => {
    if (!line.startsWith(' ')) isOk = line.startsWith('ok ');
    return !isOk;
  });
}

await main();
