import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadOrCreateEncryptionKey } from '../../src/access/encryption_key.js';
import { startCommand } from '../cli/command.js';
import { madeElsewhere } from '../reference/documented.js';
import { until } from '../service/manual_time.js';
import type { Stage } from './world.js';

/** Printed text, and what is meant here. */
type Put = Readonly<Record<string, string>>;

/** What a page takes for granted. */
export interface ShellPage {
  /** How many sessions are in the pool; none by default. */
  readonly sessions?: number;
  readonly settings?: Readonly<Record<string, string>>;
  /** The role of the key in `KEY`, where the page does not set it. */
  readonly key?: 'admin' | 'worker';
  /** The role of the key in `TELEGATE_API_KEY`. */
  readonly cliKey?: 'admin' | 'worker';
  /** Further variables of its shell. */
  readonly environment?: (stage: Stage) => Readonly<Record<string, string>>;
  /** Brings about what the page takes for granted; printed text, and what is meant here: each must occur. */
  readonly prepare?: (stage: Stage) => Promise<Put>;
  /** Sections that begin with a service of their own, and so many sessions in its pool. */
  readonly anew?: Readonly<Record<string, number>>;
}

const WITH_SOURCE = { name: 'News', channel_username: 'durov', target: 'LOCAL' };

/** Pages with commands, and what they take for granted. A page that is not here fails the test. */
export const SHELL_PAGES: Readonly<Record<string, ShellPage>> = {
  'README.md': { sessions: 1, prepare: accountFiles },
  'docs/quick_start.md': { anew: { 'on-the-sandbox': 2 } },
  'docs/workers/channels.md': { sessions: 1, key: 'worker' },
  'docs/workers/curl.md': { sessions: 1, key: 'worker', anew: { 'a-whole-worker': 1 } },
  'docs/accounts.md': { sessions: 1, key: 'admin' },
  'docs/moving.md': { key: 'admin', prepare: olderService },
  'docs/security.md': {
    ...{ sessions: 1, cliKey: 'admin' },
    async prepare({ journey: { admin } }) {
      (await admin.post('/keys', { name: 'scrapers', role: 'worker' })).must(201);
      return {};
    },
  },
  'docs/sources.md': {
    ...{ sessions: 1, key: 'admin' },
    settings: {
      ...{ S3_ENDPOINT: 'http://127.0.0.1:9', S3_REGION: 'eu-central-1', S3_BUCKET: 'telegate' },
      ...{ S3_ACCESS_KEY_ID: 'access', S3_SECRET_ACCESS_KEY: 'secret' },
    },
  },
  'docs/command_line.md': {
    sessions: 1,
    async prepare(stage) {
      await accountFiles(stage);
      return { 'TELEGATE_API_KEY=…': `TELEGATE_API_KEY=${stage.journey.service.adminKey}` };
    },
  },
  'docs/prefect.md': { sessions: 1, key: 'admin', prepare: scrapedSource },
  'docs/replicas.md': {},
  'docs/operations/egress.md': {
    ...{ sessions: 1, key: 'worker' },
    settings: { EGRESS_PORT: '0', EGRESS_HOST: 'telegate.internal' },
  },
  'docs/operations/backup.md': {
    sessions: 1,
    prepare: async ({ directory }) => ({ '/backups': directory }),
  },
  // No data centre of Telegram's can be reached where tests run.
  'docs/operations/doctor.md': { sessions: 1, prepare: async () => ({ '-- doctor': '-- doctor --offline' }) },
  'docs/operations/monitoring.md': { cliKey: 'admin' },
  'docs/operations/upgrade.md': {
    ...{ sessions: 1, cliKey: 'admin' },
    prepare: async ({ directory }) => ({ '/backups': directory, '-- doctor': '-- doctor --offline' }),
  },
  'docs/operations/systemd.md': {},
  'docs/operations/tls.md': {
    cliKey: 'admin',
    prepare: async ({ journey }) => ({ 'https://telegate.example.com': journey.service.baseUrl }),
  },
  'docs/operations/key_rotation.md': {
    environment: ({ directory }) => ({ DATA_DIR: stopped(directory) }),
    async prepare({ directory }) {
      await startCommand(['db', 'migrate'], { DATA_DIR: stopped(directory) }).ended;
      await loadOrCreateEncryptionKey(stopped(directory), randomBytes);
      return {};
    },
  },
};

/** Commands that can't be run here, and the test that checks what they do. */
export const ELSEWHERE: readonly { readonly command: RegExp; readonly test: string }[] = [
  { command: /^(npm ci && )?npm start$/, test: 'tests/main/start_and_stop.test.ts' },
  { command: /^DATABASE_URL=\S+ npm start$/, test: 'tests/cluster/together.test.ts' },
  {
    command: /^PREFECT_API_URL=\S+ PREFECT_API_AUTH_STRING=\S+ npm start$/,
    test: 'tests/prefect/runs.test.ts',
  },
  { command: /^npm run sandbox$/, test: 'tests/journeys/sandbox_program.test.ts' },
  { command: /^npm link /, test: 'tests/repository/package.test.ts' },
  { command: /^docker compose --profile \w+ up -d \w+$/, test: 'tests/repository/compose.test.ts' },
  { command: /^telegate status --watch /, test: 'tests/cli/watching.test.ts' },
  { command: /^telegate sessions login /, test: 'tests/cli/on_terminal.test.ts' },
  { command: / db copy --from /, test: 'tests/cli/db_copy.test.ts' },
  { command: /^prefect (deployment|flow-run) /, test: 'tests/prefect/command_line.test.ts' },
  { command: /^npm ci && npm pack /, test: 'tests/repository/package.test.ts' },
  { command: /^sudo (npm|useradd|systemd-run) /, test: 'tests/operations/systemd.test.ts' },
  { command: /^sudo install .*\/etc\/(telegate|systemd)/, test: 'tests/operations/systemd.test.ts' },
  {
    command: /^sudo systemctl (daemon-reload|(edit|enable --now) telegate)$/,
    test: 'tests/operations/systemd.test.ts',
  },
  { command: /^sudo (apt-get|certbot|caddy|nginx) /, test: 'tests/operations/tls.test.ts' },
  { command: /^sudo install .*\/etc\/(caddy|nginx)\//, test: 'tests/operations/tls.test.ts' },
  { command: /^curl .*(wait=60&tag=|\/events)/, test: 'tests/operations/tls.test.ts' },
  { command: /^sudo systemctl reload (caddy|nginx)$/, test: 'tests/operations/tls.test.ts' },
];

/** Blocks that show something: where they stand, and the test that compares it or shows the same. */
export const SHOWN: Readonly<Record<string, string>> = {
  'docs/architecture.md#layers': 'tests/repository/architecture.test.ts',
  'docs/sources.md#what-is-stored': 'tests/scraping/sink_messages.test.ts',
  'docs/operations/capacity.md#connections-to-postgresql': 'tests/operations/capacity.test.ts',
  'docs/command_line.md#exit-codes': 'tests/cli/pool_commands.test.ts',
  'docs/command_line.md#what-it-looks-like': 'tests/cli/on_terminal.test.ts',
  'docs/operations/doctor.md#what-it-looks-like': 'tests/cli/doctor_report.test.ts',
};

/** The data of a service that does not run. */
function stopped(directory: string): string {
  return join(directory, 'stopped');
}

/** `accounts/*.session`: files that were made elsewhere. */
async function accountFiles({ journey, directory }: Stage): Promise<Put> {
  const { file } = await madeElsewhere(journey, '+9996610002');
  mkdirSync(join(directory, 'accounts'));
  writeFileSync(join(directory, 'accounts', 'ben.session'), file);
  return {};
}

/** What an older service leaves: its session files, and a session string of its database. */
async function olderService({ journey, directory }: Stage): Promise<Put> {
  const account = { phone_number: '+9996610002', api_id: '12345', api_hash: 'abcdef' };
  const { string: session_string } = await madeElsewhere(journey, account.phone_number);
  const place = join(directory, 'local-storage', 'sessions', '9996610002');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, '9996610002.json'), JSON.stringify({ ...account, session_string }));
  return { '1BVtsOMwBu5…': (await madeElsewhere(journey, '+79001234567')).string };
}

/** Source 1, whose first run has ended. */
async function scrapedSource({ journey: { admin } }: Stage): Promise<Put> {
  (await admin.post('/sources/public', WITH_SOURCE)).must(200);
  await until(async () => {
    const [run] = (await admin.get<{ state: string }[]>('/sources/1/runs')).must(200);
    return run?.state === 'completed';
  });
  return {};
}
