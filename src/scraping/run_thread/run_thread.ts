import type { ResourceLimits, Worker } from 'node:worker_threads';
import type { Logger } from 'winston';
import type { Clock, ClockReading } from '../../kernel/clock.js';
import { Unavailable } from '../../kernel/errors.js';
import { exponentialDelay, sleep } from '../../kernel/retry.js';
import { RpcPeer } from '../../kernel/rpc.js';
import { stopListening, type Threads } from '../../kernel/threads.js';
import type { Timers } from '../../kernel/timers.js';
import type { OwnedRun, RunOutcome } from '../../runs/engine.js';
import { RUN_ERRORS, RUN_THREAD_METHODS, type RunThreadCalls, type RunThreadTask } from './protocol.js';
import { type HostedLeases, type RunServices, serviceCalls } from './service_calls.js';

/** Its memory, in MiB. Young as in other threads: more is no faster. Old: many times what runs need. */
const LIMITS: ResourceLimits = { maxYoungGenerationSizeMb: 6, maxOldGenerationSizeMb: 1024 };

/** How long a thread without runs is kept, in milliseconds: its memory is worth more than its start. */
const IDLE_MS = 300_000;

/** How often the thread is told the time while it executes runs, in milliseconds. */
const CLOCK_MS = 1_000;

/** A thread that has not answered for so long hangs, in milliseconds. */
const HANGS_AFTER_MS = 60_000;
/** Nor so many times: of a pause of the whole process, such as a blocked loop, the thread is not guilty. */
const MAX_UNANSWERED = 30;

/** How long a thread that is ended may take to hang up on Telegram, in milliseconds. */
const END_WITHIN_MS = 5_000;

/** The delay before the thread is started again, doubled for each time in a row that it was lost. Milliseconds. */
const FIRST_RESTART_MS = 1_000;
const MAX_RESTART_MS = 60_000;

export interface RunThreadParts extends RunServices {
  readonly threads: Threads;
  readonly task: Omit<RunThreadTask, 'clock'>;
  readonly clock: Clock;
  /** The monotonic clock that all threads share, in milliseconds. */
  readonly monotonic: () => number;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** The thread ended under its runs. They continue from their checkpoints. */
export class RunThreadLost extends Unavailable {
  constructor(cause: unknown) {
    const message = 'the thread that executes runs ended unexpectedly';
    super({ error: 'run_thread_lost', message }, 1, { cause });
  }
}

/** A thread that executes runs. */
interface Running {
  readonly thread: Worker;
  readonly peer: RpcPeer;
  readonly calls: RunThreadCalls;
  readonly leases: HostedLeases;
  /** When it answered last, on the monotonic clock; and how often it was told the time since. */
  answeredAt: number;
  unanswered: number;
}

/**
 * Executes runs in a thread of their own: nothing that they compute delays the event loop that leases. The thread
 * starts with the first run, and ends when there has been none for some minutes. Leases and the ownership of runs are
 * renewed on this side. A lost thread takes nothing along but its runs' time: they reject with RunThreadLost, their
 * leases are given back once its connections are gone, and the next run starts another thread, after a delay. One that
 * hangs is ended.
 */
export class RunThread {
  readonly #parts: RunThreadParts;
  #running: Running | null = null;
  #active = 0;
  #losses = 0;
  #restartAt = 0;
  #stopIdleTimer: () => void = () => {};
  #stopClockTimer: () => void = () => {};

  constructor(parts: RunThreadParts) {
    this.#parts = parts;
  }

  /** As `ExecuteRun`. Rejects with RunThreadLost as well. */
  async execute(run: OwnedRun, signal: AbortSignal): Promise<RunOutcome> {
    this.#began();
    try {
      const { clock, timers } = this.#parts;
      const delayMs = this.#restartAt - clock.now();
      if (delayMs > 0) await sleep(timers, delayMs, signal);
      signal.throwIfAborted();
      this.#running ??= this.#start();
      const outcome = await this.#running.calls.execute(run, signal);
      this.#losses = 0;
      return outcome;
    } finally {
      this.#ended();
    }
  }

  /** Ends the thread. No run may be under way. */
  async close(): Promise<void> {
    this.#stopIdleTimer();
    const running = this.#running;
    this.#running = null;
    if (!running) return;
    const { thread, peer, calls, leases } = running;
    const hasEnded = await this.#endWithin(calls, END_WITHIN_MS);
    peer.close(new Error('the run thread was ended'));
    stopListening(thread);
    if (!hasEnded) await thread.terminate();
    // Not before its connections are gone.
    await leases.close();
    if (!hasEnded) return;
    thread.postMessage(null);
    await this.#parts.threads.giveBack(thread);
  }

  /** Whether it does: a thread that hangs does not. */
  #endWithin(calls: RunThreadCalls, milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const stopTimer = this.#parts.timers.after(milliseconds, () => resolve(false));
      const settled = () => {
        stopTimer();
        resolve(true);
      };
      calls.end().then(settled, settled);
    });
  }

  #start(): Running {
    const { threads, task, ...services } = this.#parts;
    const thread = threads.take(new URL('./thread.js', import.meta.url), LIMITS);
    thread.postMessage({ ...task, clock: this.#reading() } satisfies RunThreadTask);
    const served = serviceCalls(services, (acquire) => calls.waiting(acquire));
    const peer = new RpcPeer(thread, RUN_ERRORS, { ...served });
    const calls = peer.remote<RunThreadCalls>('thread', RUN_THREAD_METHODS);
    const answeredAt = this.#parts.monotonic();
    const running = { thread, peer, calls, leases: served.leases, answeredAt, unanswered: 0 };
    let cause: unknown;
    thread.on('error', (error: unknown) => {
      cause = error;
    });
    thread.on('exit', (code) => this.#lost(running, cause ?? new Error(`it ended with code ${code}`)));
    return running;
  }

  /** Only now are its connections gone: its leases may be given back. */
  #lost(running: Running, cause: unknown): void {
    const { logger, clock } = this.#parts;
    const { thread, peer, leases } = running;
    logger.error('the run thread ended unexpectedly; its runs continue in a moment', { error: cause });
    stopListening(thread);
    if (this.#running === running) this.#running = null;
    this.#restartAt = clock.now() + exponentialDelay(this.#losses, FIRST_RESTART_MS, MAX_RESTART_MS);
    this.#losses += 1;
    void leases.close();
    peer.close(new RunThreadLost(cause));
  }

  #began(): void {
    this.#active += 1;
    this.#stopIdleTimer();
    this.#running?.thread.ref();
    if (this.#active > 1) return;
    // It was not asked while it had no runs.
    if (this.#running) this.#running.answeredAt = this.#parts.monotonic();
    this.#tellTime();
  }

  #ended(): void {
    this.#active -= 1;
    if (this.#active > 0) return;
    this.#stopClockTimer();
    // An idle thread must not keep the process alive.
    this.#running?.thread.unref();
    this.#stopIdleTimer = this.#parts.timers.after(IDLE_MS, () => void this.close());
  }

  #tellTime(): void {
    if (this.#running) this.#ping(this.#running);
    this.#stopClockTimer = this.#parts.timers.after(CLOCK_MS, () => this.#tellTime());
  }

  #ping(running: Running): void {
    const { monotonic, logger } = this.#parts;
    const answered = () => {
      running.answeredAt = monotonic();
      running.unanswered = 0;
    };
    const silentMs = monotonic() - running.answeredAt;
    if (silentMs > HANGS_AFTER_MS && running.unanswered > MAX_UNANSWERED) {
      logger.error('the run thread does not answer any more; it is ended');
      void running.thread.terminate();
      return;
    }
    running.unanswered += 1;
    running.calls.follow(this.#reading()).then(answered, () => undefined);
  }

  #reading(): ClockReading {
    const { clock, monotonic } = this.#parts;
    return { at: clock.now(), monotonic: monotonic() };
  }
}
