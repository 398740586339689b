import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Benchmark } from './benchmark.js';
import { API_KEY, Client, WORKER_KEY } from './client.js';
import { exactly, type Finding, noted, said } from './finding.js';
import { DataCentres } from './scraping/data_centres.js';
import { ownDatabase } from './scraping/own_database.js';
import { APPLICATION } from './scraping/world.js';
import { Server } from './server.js';
import { writePlainFiles } from './session_files.js';
import { monotonicMs } from './statistics.js';
import type { Workplace } from './workplace.js';

/** A key of each role. */
const KEYS = { admin: API_KEY, worker: WORKER_KEY, monitor: 'benchmark-monitor-key' } as const;
type Role = keyof typeof KEYS;

/** The roles, each of which can be asked for alone. */
export const ROLES: readonly Role[] = ['admin', 'worker', 'monitor'];

/** So many requests at the least are made with the key of each role. */
const REQUESTS = 10_000;

/** Requests to one operation that are asked of the generator at once. */
const A_ROUND = 230;

const SESSIONS = 500;

/** What takes longer hangs, but for a request for a session, which may be held. */
const PATIENCE_SECONDS = 10;

/** Longer than any request may be held. */
const LONGEST_HOLD_SECONDS = 70;

/** Malformed requests, which schemathesis makes from `/openapi.json`: none may be a 500, hang, or log an error. */
export const malformed: Benchmark = {
  name: 'malformed',
  minutes: () => 90,
  async run(open, { database, ways }) {
    if (!hasSchemathesis()) {
      process.stdout.write('skipped: schemathesis is not on the PATH (pip install schemathesis)\n');
      return [];
    }
    const findings: Finding[] = [];
    const chosen = ROLES.filter((role) => ways.length === 0 || ways.includes(role));
    for (const role of chosen) findings.push(...(await ask(await open(), role, database)));
    return findings;
  },
};

function hasSchemathesis(): boolean {
  try {
    execFileSync('schemathesis', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Sends one role's requests to a service of its own, over data centres of its own. */
async function ask(place: Workplace, role: Role, database: string | null): Promise<Finding[]> {
  const server = await startServer(place, database);
  const client = new Client(server.port);
  const began = monotonicMs();
  // Until it was up, it was asked whether it is.
  const before = await countRequests(client);
  let hung = 0;
  let counted = before;
  for (let seed = 1; counted.all - before.all < REQUESTS; seed += 1) {
    hung += await hurl(place, { role, seed, port: server.port, client });
    counted = await countRequests(client);
  }
  const seconds = (monotonicMs() - began) / 1000;
  const health = await client.ask('GET', '/health').then(({ status }) => status, String);
  client.close();
  const fell = server.fell;
  const ended = await server.stop('SIGTERM');
  // At this level, every line of the log is an error.
  const errors = (ended?.stderr ?? '').split('\n').filter(Boolean);
  for (const line of errors.slice(0, 20)) process.stdout.write(`${line}\n`);
  return [
    noted(`${role}: requests`, { value: counted.all - before.all, unit: `in ${seconds.toFixed(0)} s` }),
    noted(`${role}: refused with a 4xx`, { value: counted.refused, unit: '' }),
    exactly(`${role}: answered with 500`, counted.failed, 0),
    exactly(`${role}: no answer within ${PATIENCE_SECONDS} s`, hung + counted.slow, 0),
    exactly(`${role}: lines at error in the log`, errors.length, 0),
    said(`${role}: the service, afterwards`, fell ? 'gone' : String(health), '200'),
  ];
}

async function startServer(place: Workplace, database: string | null): Promise<Server> {
  const { telegram } = await DataCentres.start(place);
  writePlainFiles(await place.makeDirectory('sessions'), SESSIONS);
  const name = database === null ? 'SQLite' : 'PostgreSQL';
  const settings = {
    API_KEYS: ROLES.map((role) => `${role}:${KEYS[role]}`).join(),
    LOG_LEVEL: 'error',
    NAS_ROOT: await place.makeDirectory('nas'),
    TELEGRAM_API_ID: String(APPLICATION.apiId),
    TELEGRAM_API_HASH: APPLICATION.apiHash,
    ...(await ownDatabase(place, { name, server: database })),
  };
  return Server.start(place, { program: 'service', args: ['--telegram', telegram], settings });
}

interface Round {
  readonly role: Role;
  readonly seed: number;
  readonly port: number;
  readonly client: Client;
}

/** Has a round of requests made and sent; how many of them were not answered in time. */
async function hurl(place: Workplace, { role, seed, port, client }: Round): Promise<number> {
  const { body } = await client.ask('GET', '/openapi.json');
  const document = join(place.directory, 'openapi.json');
  await writeFile(document, forGenerator(body));
  const options = {
    url: `http://127.0.0.1:${port}`,
    header: `X-API-Key: ${KEYS[role]}`,
    ...{ mode: 'negative', checks: 'not_a_server_error', phases: 'examples,coverage,fuzzing' },
    ...{ seed, 'max-examples': A_ROUND, 'request-timeout': LONGEST_HOLD_SECONDS, 'max-redirects': 0 },
    ...{ 'generation-database': 'none', 'generation-with-security-parameters': false },
    'suppress-health-check': 'all',
  };
  const named = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // biome-ignore lint/style/noProcessEnv: where the generator and its Python are
  const { PATH = '' } = process.env;
  const args = ['run', document, ...named, '--continue-on-failure', '--no-shrink', '--no-color'];
  const { code, stdout, stderr } = await place.start({ program: 'schemathesis', args, env: { PATH } }).ended;
  // 1: it has found a status above 499, which a 503 is, too; what became of the requests, the metrics tell.
  if (code !== 0 && code !== 1) throw new Error(`schemathesis ended with ${code}: ${stdout}${stderr}`);
  return stdout.match(/timed? ?out/gi)?.length ?? 0;
}

/**
 * The document without the stream of events, which never ends, with a wait of a second at the most, and with its
 * patterns spelt for Python, which knows no `\p{…}`.
 */
function forGenerator(text: string): string {
  const document = JSON.parse(text);
  delete document.paths['/events'];
  return JSON.stringify(document)
    .replaceAll('"minimum":0,"maximum":60', '"minimum":0,"maximum":1')
    .replaceAll('\\\\p{Cc}', '\\\\x00-\\\\x1f\\\\x7f-\\\\x9f')
    .replaceAll('\\\\p{Cs}', '');
}

/** What the service's metrics tell of all requests so far. */
async function countRequests(client: Client) {
  const { body } = await client.ask('GET', '/metrics');
  const sum = (name: string, labels: string) => {
    const line = new RegExp(`^telegate_http_request_duration_seconds_${name}{.*${labels}.*} (\\d+)$`, 'gm');
    return [...body.matchAll(line)].reduce((total, [, count]) => total + Number(count), 0);
  };
  const notHeld = 'route="/(?!session")';
  return {
    all: sum('count', ''),
    refused: sum('count', 'status="4..'),
    failed: sum('count', 'status="500"'),
    slow: sum('count', notHeld) - sum('bucket', `le="${PATIENCE_SECONDS}".*${notHeld}`),
  };
}
