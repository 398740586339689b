import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { systemTime } from '../../src/kernel/clock.js';
import { DatabaseDamaged, NotFound, Unavailable } from '../../src/kernel/errors.js';
import { createLogger } from '../../src/kernel/logging.js';
import type { Threads } from '../../src/kernel/threads.js';
import type { Lease } from '../../src/pool/store.js';
import { LeaseLost, type OwnedRun, RunCancelled, ServiceStopping } from '../../src/runs/engine.js';
import type { RunLogEntry } from '../../src/runs/store.js';
import type { RunWait } from '../../src/scraping/run_leases.js';
import { RunThread, RunThreadLost, type RunThreadParts } from '../../src/scraping/run_thread/run_thread.js';
import type { Source } from '../../src/sources/store.js';
import { telegramNetwork } from '../../src/telegram/network.js';
import { wantedSource } from '../contracts/sources.js';
import { Lines } from '../logged.js';
import { ManualTime, until } from '../service/manual_time.js';
import { reusedThreads } from '../service/reused_threads.js';
import { NO_S3, NOTHING_STORED } from './storing.js';

const RUN = { id: 3, sourceId: 1, owner: 'owner' } as OwnedRun;
const SOURCE = { ...wantedSource(), id: 1, createdAt: 0 } as Source;
const LEASE = { sessionId: 5, sessionName: 's5', leaseId: 'l5' } as Lease;
const NEVER = new AbortController().signal;
const HANGING = new URL('./hanging_thread.js', import.meta.url);
/** Has a thread of that kind hang. */
const HANG = { kind: 'value', id: -1, value: null };

/** A run thread, and the service around it. */
class Around {
  readonly time = new ManualTime();
  readonly dataDir = mkdtempSync(join(tmpdir(), 'run-thread-'));
  readonly log: (RunLogEntry & { readonly runId: number })[] = [];
  readonly events: string[] = [];
  readonly started: Worker[] = [];
  readonly lines = new Lines();
  source: () => Promise<Source | null> = async () => null;
  /** How many more leases are granted; then runs wait. */
  grants = 0;
  lost = new AbortController();
  /** How much further the monotonic clock is than the thread's. */
  skewMs = 0;
  /** Whether the next thread can be made to hang. */
  hangs = false;
  readonly thread: RunThread;

  constructor() {
    const threads: Threads = {
      take: (entry, limits) => {
        const thread = this.hangs ? new Worker(HANGING) : reusedThreads.take(entry, limits);
        this.started.push(thread);
        return thread;
      },
      giveBack: async (thread) => {
        this.events.push('given back');
        await reusedThreads.giveBack(thread);
      },
    };
    const services = { ...this.#runs(), leases: this.#leases() };
    this.thread = new RunThread({
      ...services,
      threads,
      task: {
        targets: { dataDir: this.dataDir, nasRoot: null, s3: NO_S3 },
        limits: { maxFileBytes: 1_000, floodSleepMaxSeconds: 60, sessionsPerRun: 1 },
        ...{ network: telegramNetwork.definition, telegramLimits: {}, botProxy: null },
      },
      clock: { now: () => this.time.wall() },
      timers: this.time,
      monotonic: () => systemTime.monotonic() + this.skewMs,
      logger: createLogger({ level: 'error', stream: this.lines }),
      onChanged: (runId) => this.events.push(`changed ${runId}`),
    });
  }

  #runs() {
    return {
      runs: {
        run: async () => RUN,
        checkpoint: async () => NOTHING_STORED,
        mark: async () => true,
        log: async (runId: number, entries: readonly RunLogEntry[]) => {
          this.log.push(...entries.map((entry) => ({ runId, ...entry })));
        },
      },
      sources: { source: () => this.source() },
      sessions: {
        // A run that has a lease stays here until it is lost.
        session: () =>
          new Promise((resolve) => {
            this.events.push('reads');
            this.lost.signal.addEventListener('abort', () => resolve({ id: 5 }));
          }),
      },
      accesses: {
        of: async () => ({
          key: { dcId: 2, test: false, authKey: Buffer.alloc(256) },
          ...{ apiId: 1, proxy: null, withinSeconds: null },
        }),
      },
    } as unknown as RunThreadParts;
  }

  #leases(): RunThreadParts['leases'] {
    return {
      acquire: async (_request, wait: RunWait | null, signal) => {
        this.grants -= 1;
        if (this.grants >= 0) return LEASE;
        await wait?.onWaiting();
        this.events.push('waits');
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        this.events.push(`leaves: ${signal.reason.name}`);
        return null;
      },
      hold: (lease) => ({
        lease,
        lost: this.lost.signal,
        release: async () => void this.events.push(`releases ${lease.leaseId}`),
      }),
      giveBack: async ({ leaseId }) => void this.events.push(`gives back ${leaseId}`),
    };
  }
}

/** Runs the test with a thread that has not started. */
function around(test: (world: Around) => Promise<void>): () => Promise<void> {
  return async () => {
    const world = new Around();
    try {
      await test(world);
    } finally {
      await world.thread.close();
      rmSync(world.dataDir, { recursive: true, force: true });
    }
  };
}

describe('a run in the run thread', () => {
  it(
    'has the outcome and the log that it has anywhere, by the clock of the service',
    around(async ({ thread, log, time, started }) => {
      expect(started).toHaveLength(0);
      expect(await thread.execute(RUN, NEVER)).toEqual({ kind: 'failed', error: 'its source was deleted' });
      expect(log).toMatchObject([{ runId: 3, level: 'error', message: 'its source was deleted' }]);
      const late = (log[0]?.at ?? 0) - time.wall();
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThan(20_000);
      expect(started).toHaveLength(1);
    }),
  );

  it(
    'rejects with the error of the service, of its class',
    around(async (world) => {
      for (const error of [
        new DatabaseDamaged(),
        new Unavailable({ error: 'away' }, 5),
        new NotFound('Run'),
      ]) {
        world.source = () => Promise.reject(error);
        const failure = await world.thread.execute(RUN, NEVER).catch((thrown: unknown) => thrown);
        expect(failure).toBeInstanceOf(error.constructor);
        expect(failure).toMatchObject({ status: error.status, code: error.code, message: error.message });
      }
    }),
  );

  it.each([new RunCancelled(), new ServiceStopping()])(
    'ends for the reason that it is aborted for: $name',
    async (reason) => {
      await around(async (world) => {
        world.source = async () => SOURCE;
        const abort = new AbortController();
        const ended = world.thread.execute(RUN, abort.signal).catch((thrown: unknown) => thrown);
        await until(() => world.events.includes('waits'));
        abort.abort(reason);
        expect(await ended).toBeInstanceOf(reason.constructor);
        expect(world.events).toEqual(['changed 3', 'waits', `leaves: ${reason.name}`]);
      })();
    },
  );

  it(
    'ends what it does with a session whose lease is lost, and continues with another',
    around(async (world) => {
      world.source = async () => SOURCE;
      world.grants = 1;
      const abort = new AbortController();
      const ended = world.thread.execute(RUN, abort.signal).catch((thrown: unknown) => thrown);
      await until(() => world.events.includes('reads'));
      world.lost.abort(new LeaseLost('the lease of s5 ended'));
      await until(() => world.events.includes('waits'));
      expect(world.events).toEqual(['reads', 'releases l5', 'changed 3', 'changed 3', 'waits']);
      expect(world.log.at(-1)).toMatchObject({ level: 'warning', message: 's5: the lease of s5 ended' });
      abort.abort(new RunCancelled());
      expect(await ended).toBeInstanceOf(RunCancelled);
    }),
  );
});

describe('the run thread', () => {
  it(
    'ends when there was no run for five minutes, and starts again with the next one',
    around(async ({ thread, time, events, started }) => {
      await thread.execute(RUN, NEVER);
      await time.advance(299);
      await thread.execute(RUN, NEVER);
      await time.advance(299);
      expect(events).toEqual([]);
      await time.advance(1);
      await until(() => events.includes('given back'));
      expect(started).toHaveLength(1);
      await thread.execute(RUN, NEVER);
      expect(started).toHaveLength(2);
    }),
  );

  it(
    'gives its leases back when it dies, interrupts its runs, and starts again after a pause that doubles',
    around(async (world) => {
      const { thread, time, events, started, lines } = world;
      world.source = async () => SOURCE;
      world.grants = 3;
      const begin = () => thread.execute(RUN, NEVER).catch((thrown: unknown) => thrown);
      let ended = begin();
      for (const pause of [1, 2]) {
        await until(() => events.includes('reads'));
        await started.at(-1)?.terminate();
        expect(await ended).toBeInstanceOf(RunThreadLost);
        expect(events.splice(0)).toEqual(['reads', 'releases l5']);
        const before = started.length;
        ended = begin();
        await time.advance(pause - 0.1);
        expect(started).toHaveLength(before);
        await time.advance(0.1);
        await until(() => started.length > before);
      }
      await until(() => events.includes('reads'));
      await started.at(-1)?.terminate();
      expect(await ended).toBeInstanceOf(Unavailable);
      expect(lines.entries).toMatchObject(
        Array(3).fill({
          level: 'error',
          message: expect.stringContaining('the run thread ended unexpectedly'),
        }),
      );
    }),
  );

  it(
    'is ended when it has not answered for a minute, and its runs go on in another one',
    around(async (world) => {
      const { thread, time, events, started, lines } = world;
      world.source = async () => SOURCE;
      world.grants = 2;
      world.hangs = true;
      const ended = thread.execute(RUN, NEVER).catch((thrown: unknown) => thrown);
      await until(() => events.includes('reads'));
      world.hangs = false;
      started.at(-1)?.postMessage(HANG);
      world.skewMs = 59_000;
      await time.advance(60);
      expect(lines.entries).toEqual([]);
      world.skewMs = 61_000;
      await time.advance(1);
      expect(await ended).toBeInstanceOf(RunThreadLost);
      expect(lines.entries[0]).toMatchObject({
        message: expect.stringContaining('does not answer any more'),
      });
      expect(events.splice(0)).toEqual(['reads', 'releases l5']);
      const next = thread.execute(RUN, NEVER).catch((thrown: unknown) => thrown);
      await time.advance(1);
      await until(() => events.includes('reads'));
      expect(started).toHaveLength(2);
      await started.at(-1)?.terminate();
      expect(await next).toBeInstanceOf(RunThreadLost);
    }),
  );

  it(
    'that hangs does not keep the service from stopping',
    around(async (world) => {
      const { thread, time, events, started } = world;
      world.source = async () => SOURCE;
      world.grants = 1;
      world.hangs = true;
      const ended = thread.execute(RUN, NEVER).catch((thrown: unknown) => thrown);
      await until(() => events.includes('reads'));
      started.at(-1)?.postMessage(HANG);
      const closed = thread.close();
      await time.advance(5);
      await closed;
      expect(await ended).toMatchObject({ message: 'the run thread was ended' });
    }),
  );

  it(
    'is not ended by the time that passes at once, as after a pause of the whole process',
    around(async (world) => {
      const { thread, time, events, lines } = world;
      world.source = async () => SOURCE;
      const abort = new AbortController();
      const ended = thread.execute(RUN, abort.signal).catch((thrown: unknown) => thrown);
      await until(() => events.includes('waits'));
      for (const minutes of [2, 4, 6]) {
        world.skewMs = minutes * 60_000;
        await time.advance(2);
        await setTimeout(20);
      }
      expect(lines.entries).toEqual([]);
      abort.abort(new RunCancelled());
      expect(await ended).toBeInstanceOf(RunCancelled);
    }),
  );
});
