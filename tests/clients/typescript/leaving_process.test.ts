import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { ServerMode } from '../../../sandbox/mtproto/connection.js';
import { type World, withTelegram } from '../../logins/over_sandbox.js';
import { until } from '../../service/manual_time.js';
import { KEYS } from '../../service/service.js';
import { loggedIn, openOf } from './leased_account.js';
import type { WorkerOrder, WorkerReport, WorkerSettings } from './leaving_worker.js';

/** The data centre of the account, and that of the channel's files. */
const [OWN, OTHER] = [2, 3];

/** The worker process, and what it reports. */
class Worker {
  readonly #process: ChildProcess;
  readonly #reports: WorkerReport[] = [];
  #complaints = '';

  constructor({ service, sandbox }: World, library: WorkerSettings['library']) {
    const { pem, fingerprint, modulus, exponent } = sandbox.rsaPublicKey;
    const rsa = { pem, exponent, fingerprint: `${fingerprint}`, modulus: `${modulus}` };
    const settings: WorkerSettings = { baseUrl: service.url, apiKey: KEYS.worker, library, rsa };
    this.#process = fork(`${import.meta.dirname}/leaving_worker.js`, [JSON.stringify(settings)], {
      execArgv: ['--no-warnings'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#process.on('message', (report: WorkerReport) => this.#reports.push(report));
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on('data', (text) => {
        this.#complaints += text;
      });
  }

  order(order: WorkerOrder): void {
    this.#process.send(order);
  }

  /** The next report that begins so. */
  async reported(beginning: string): Promise<WorkerReport> {
    const isIt = (report: WorkerReport) => report.startsWith(beginning);
    await until(() => this.#reports.some(isIt) || this.#process.exitCode !== null);
    const found = this.#reports.findIndex(isIt);
    if (found === -1) throw new Error(`the worker has ended: ${this.#complaints}`);
    return this.#reports.splice(found, 1)[0] as WorkerReport;
  }

  /** Its code, and what it has printed, once it has ended by itself. */
  async ended(): Promise<unknown> {
    this.order('end');
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    return [this.#process.exitCode, this.#complaints];
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

/** Something that the client is in the midst of. Resolves when it is. */
type Moment = (world: World, worker: Worker) => Promise<void>;

const connecting =
  (mode: ServerMode): Moment =>
  async ({ service, sandbox }, worker) => {
    const before = sandbox.connections.list().length;
    await sandbox.behave(OWN, mode);
    worker.order('lease');
    await until(async () => (await service.status()).in_use === 1);
    await until(() => mode === 'refuse' || sandbox.connections.list().length > before);
  };

const reconnecting =
  (mode: ServerMode): Moment =>
  async (world, worker) => {
    worker.order('lease');
    await worker.reported('connected');
    await world.sandbox.behave(OWN, 'refuse');
    await until(() => openOf(world) === 0);
    await world.sandbox.behave(OWN, mode);
  };

const downloading =
  (method: string | null): Moment =>
  async ({ sandbox }, worker) => {
    worker.order('lease');
    await worker.reported('connected');
    if (method === null) await sandbox.behave(OTHER, 'silent');
    else sandbox.faults.add({ fault: 'hang', method });
    worker.order('download');
    const isAsked = () =>
      sandbox.connections.list().some(({ dc, closedAt }) => dc === OTHER && closedAt === null);
    await until(() => (method === null ? isAsked() : sandbox.faults.list().some(({ struck }) => struck > 0)));
  };

const downloaded: Moment = async (_, worker) => {
  worker.order('lease');
  await worker.reported('connected');
  worker.order('download');
  await worker.reported('downloaded');
};

const MOMENTS: Readonly<Record<string, Moment>> = {
  'connecting to a silent data centre': connecting('silent'),
  'connecting to one that answers nothing': connecting('half_dead'),
  'connecting to one that refuses': connecting('refuse'),
  'reconnecting in vain': reconnecting('refuse'),
  'reconnecting to a silent one': reconnecting('silent'),
  'asking for the address of another': downloading('help.GetConfig'),
  'agreeing on a key with another': downloading(null),
  'exporting its authorization': downloading('auth.ExportAuthorization'),
  'importing it': downloading('auth.ImportAuthorization'),
  'downloading from another': downloading('upload.GetFile'),
  'keeping the connection of a download': downloaded,
};

/** Leaves in that moment, and expects that nothing of the lease is left. */
async function leave(world: World, worker: Worker, moment: Moment, way: 'abort' | 'return'): Promise<void> {
  const { service, sandbox } = world;
  await moment(world, worker);
  worker.order(way);
  const expected = way === 'abort' ? 'left: Error: the worker stops' : 'left: returned';
  expect(await worker.reported('left')).toBe(expected);
  // What was asked for when it was aborted is given back a moment later.
  await until(async () => (await service.status()).free === 1);
  await until(() => openOf(world) === 0);
  sandbox.faults.clear();
  for (const dc of [OWN, OTHER]) await sandbox.behave(dc, 'normal');
}

describe.each(['gramjs', 'mtcute'] as const)('a worker with %s', (library) => {
  it.each([
    ['abort', MOMENTS],
    // Work that has not begun returns nothing.
    [
      'return',
      Object.fromEntries(Object.entries(MOMENTS).filter(([name]) => !name.startsWith('connecting'))),
    ],
  ] as const)(
    'gives the session back and ends by itself, whatever it is in the midst of: %s',
    (way, moments) =>
      withTelegram(async (world) => {
        await loggedIn(world);
        const worker = new Worker(world, library);
        try {
          for (const [name, moment] of Object.entries(moments))
            await leave(world, worker, moment, way).catch((cause) => {
              throw new Error(`while it is ${name}: ${cause}`, { cause });
            });
          expect(await worker.ended()).toEqual([0, '']);
        } finally {
          worker.kill();
        }
      })(),
    // Clients pause for up to ten seconds themselves.
    120_000,
  );
});
