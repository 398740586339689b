import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type DiskCall, disk } from '../../sandbox/failing_disk.js';
import { sandboxNetwork } from '../../sandbox/network.js';
import { startSandbox } from '../../sandbox/sandbox.js';
import { listen } from '../../sandbox/trial/listening.js';
import { parseSeed } from '../../sandbox/world/seed.js';
import { loadConfig } from '../../src/config.js';
import { type Container, createContainer } from '../../src/container.js';
import { systemTime } from '../../src/kernel/clock.js';
import { createLogger } from '../../src/kernel/logging.js';
import { nodeTimers } from '../../src/kernel/timers.js';
import type { Checkpoint, RunLogEntry, ScrapedFile } from '../../src/runs/store.js';
import { Client } from '../journeys/client.js';
import { sendCode } from '../journeys/journey.js';
import { runsInProcess } from '../service/runs_in_process.js';

/** A call of the disk, or a record: what is recorded counts from then on. */
export type FlushedEvent =
  | DiskCall
  | {
      readonly call: 'recorded';
      readonly checkpoint: Checkpoint;
      readonly files: readonly Pick<ScrapedFile, 'path' | 'sizeBytes' | 'state'>[];
    };

/** The outcome of a run on the failing disk. */
export interface FlushedRun {
  readonly state: string;
  readonly messagesStored: number;
  readonly filesDone: number;
  readonly log: readonly RunLogEntry[];
  /** In order. */
  readonly events: readonly FlushedEvent[];
}

export interface FlushedRunOptions {
  readonly directory: string;
  readonly nasRoot: string;
  /** Regular expressions: of the syncs of paths that match one, the second is refused. */
  readonly refusedOnce: readonly string[];
}

const ADA = '+9996610001';
const KEY = 'admin-key-of-tests';
const TOLD_MS = 50;

/** Two pages across the end of a month, with an occasional file. */
const CHANNEL = {
  ...{ id: 1000000001, title: 'Flushed', username: 'flushed_channel' },
  ...{ members: 'everyone' as const, created: '2024-01-31T12:00:00Z' },
  messages: { count: 120, files: 6, largest_file: 3_000 },
};

/** Collects all calls of the disk and all records, and makes the disk refuse the chosen syncs. */
function watch(container: Container, refusedOnce: readonly string[]): FlushedEvent[] {
  const events: FlushedEvent[] = [];
  disk.onCall = (call) => events.push(call);
  const refusals = refusedOnce.map((source) => ({ paths: new RegExp(source), asked: 0 }));
  disk.refusesSync = (path) => {
    const refusal = refusals.find(({ paths }) => paths.test(path));
    if (refusal === undefined) return false;
    refusal.asked += 1;
    return refusal.asked === 2;
  };
  const { runs } = container.database;
  const store = runs.store.bind(runs);
  runs.store = (id, owner, batch, now) => {
    events.push({ call: 'recorded', checkpoint: batch.checkpoint, files: batch.files });
    return store(id, owner, batch, now);
  };
  return events;
}

async function readAll(container: Container, url: string, code: string): Promise<Omit<FlushedRun, 'events'>> {
  const admin = new Client(url, KEY);
  const temp_session_id = await sendCode(admin, { phone_number: ADA });
  (await admin.post('/sessions/verify-otp', { temp_session_id, code })).must(200);
  const settings = { name: 'Flushed', channel_username: CHANNEL.username, target: 'NAS' };
  const { id } = (await admin.post<{ id: number }>('/sources/public', settings)).must(200);
  const { runs } = container.database;
  for (;;) {
    const [run] = await runs.runs(id, { skip: 0, limit: 1 });
    if (run && run.finishedAt !== null) {
      const log = await runs.logs(run.id, { skip: 0, limit: 100 });
      const { state, messagesStored, filesDone } = run;
      return { state, messagesStored, filesDone, log };
    }
    await delay(TOLD_MS);
  }
}

async function main({ directory, nasRoot, refusedOnce }: FlushedRunOptions): Promise<FlushedRun> {
  const seed = parseSeed({
    accounts: [{ phone: ADA, id: 7000000001, first_name: 'Ada' }],
    channels: [CHANNEL],
  });
  const sandbox = await startSandbox({
    ...{ directory: join(directory, 'telegram'), seed, port: 0, time: Date.now, randomBytes },
  });
  const config = loadConfig({
    DATA_DIR: join(directory, 'data'),
    SESSIONS_DIR: join(directory, 'sessions'),
    API_KEYS: KEY,
    TELEGRAM_API_ID: '12345',
    TELEGRAM_API_HASH: '0123456789abcdef0123456789abcdef',
    SYNC_CRON: 'off',
    NAS_ROOT: nasRoot,
  });
  const container = await createContainer(config, {
    ...{ logger: createLogger({ level: 'error' }), time: systemTime, timers: nodeTimers },
    network: sandboxNetwork(sandbox),
    threads: runsInProcess,
  });
  await container.start();
  const service = await listen(container, 0);
  await container.syncScheduler?.run('start');
  const events = watch(container, refusedOnce);
  const run = await readAll(container, service.baseUrl, sandbox.accounts()[0]?.code ?? '');
  await service.close();
  await sandbox.close();
  return { ...run, events };
}

process.stdout.write(JSON.stringify(await main(JSON.parse(process.argv[2] ?? ''))));
