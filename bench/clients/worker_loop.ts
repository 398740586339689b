import { setTimeout as delay } from 'node:timers/promises';
import { TeleGate } from '../../clients/typescript/src/telegate.js';
import { APPLICATION } from '../scraping/world.js';
import type { WorkerEnvironment } from './worker_environment.js';

/** Lets `use` work with a connected client until it ends or fails. */
export type Lend = (use: (call: () => Promise<unknown>) => Promise<void>) => Promise<void>;

const MIN_WORK_MS = 500;
const MAX_WORK_MS = 8_000;
const MAX_PAUSE_MS = 400;

/** So that a service that is away is not asked without a pause. */
const PAUSE_AFTER_FAILURE_MS = 200;

/** Everything that a worker program needs, and the options of its leases; SIGTERM aborts the signal. */
export function setUp() {
  // biome-ignore lint/style/noProcessEnv: how a worker program is told what it needs
  const environment = process.env as unknown as WorkerEnvironment;
  const ending = new AbortController();
  process.once('SIGTERM', () => ending.abort(new Error('SIGTERM')));
  const { pool } = new TeleGate({
    baseUrl: environment.TELEGATE_URL,
    apiKey: environment.TELEGATE_API_KEY,
  });
  const lease = { ...APPLICATION, ttl: Number(environment.LEASE_TTL), signal: ending.signal };
  return { environment, pool, lease, signal: ending.signal };
}

/**
 * Leases a session, calls Telegram for a while, and leaves, again and again until the signal is aborted. SIGUSR2 throws
 * an exception in the middle of the work. Prints `ready`, and how each lease ended, a line each.
 */
export async function workInLoop(lend: Lend, signal: AbortSignal): Promise<void> {
  const exceptions = new Exceptions();
  process.stdout.write('ready\n');
  while (!signal.aborted) {
    try {
      await lend((call) => work(call, exceptions));
      process.stdout.write('done\n');
    } catch (error) {
      exceptions.rearm();
      process.stdout.write(`${describe(error)}\n`);
      await delay(PAUSE_AFTER_FAILURE_MS);
    }
  }
}

async function work(call: () => Promise<unknown>, exceptions: Exceptions): Promise<void> {
  const until = performance.now() + MIN_WORK_MS + Math.random() * (MAX_WORK_MS - MIN_WORK_MS);
  while (performance.now() < until) {
    await Promise.race([call(), exceptions.next]);
    await delay(Math.random() * MAX_PAUSE_MS);
  }
}

function describe(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  return `${name}: ${message.split('\n', 1)[0]}`;
}

/** The exceptions that are asked for from outside, by SIGUSR2. */
class Exceptions {
  /** Rejects when one is asked for, and stays so until the work has met it. */
  next: Promise<never> = Promise.race([]);
  #throw: () => void = () => {};
  #isSpent = true;

  constructor() {
    this.rearm();
    process.on('SIGUSR2', () => this.#throw());
  }

  /** To be called after an error of the work. */
  rearm(): void {
    if (!this.#isSpent) return;
    this.#isSpent = false;
    this.next = new Promise((_, reject) => {
      this.#throw = () => {
        this.#isSpent = true;
        reject(new Error('an exception in the middle'));
      };
    });
    this.next.catch(() => {});
  }
}
