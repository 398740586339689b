import type { Logger } from 'winston';
import type { Clock } from '../kernel/clock.js';
import { exponentialDelay, sleep, withJitter } from '../kernel/retry.js';
import type { Timers } from '../kernel/timers.js';
import type { PrefectClient } from './client.js';
import type { DeploymentPlace } from './deployment_spec.js';
import { PrefectError, PrefectRefused } from './errors.js';
import type { CallOptions } from './http.js';
import { checkServer, ensureWorkPool } from './server_check.js';

/** Where deployments belong, and how Prefect's users call the flow. */
export interface PrefectPlace extends DeploymentPlace {
  readonly flowName: string;
}

export interface PrefectSetupParts {
  readonly client: PrefectClient;
  /** The API's address, for messages. */
  readonly apiUrl: string;
  readonly workPool: string;
  readonly flowName: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A number from 0 to 1, for jitter. */
  readonly random: () => number;
  readonly logger: Logger;
}

/** A start does not wait longer for a server that does not answer. */
const START_WITHIN_MS = 5_000;
/** How often the work pool and the flow are looked for: Prefect's users may delete them. */
const CHECK_EVERY_MS = 15_000;
const FIRST_DELAY_MS = 1_000;
/** An answer of Prefect holds for so long where it is asked whether it can be used, in milliseconds. */
const ANSWER_HOLDS_MS = 3_000;
/** How long an answer is waited for then; and how long until it is given up. */
const ASKED_WAITS_MS = 500;
const ASKED_DEADLINE_MS = 2_000;

/** Whether Prefect can be used, and what TeleGate needs there: a work pool and a flow, which are made if missing. */
export class PrefectSetup {
  readonly #parts: PrefectSetupParts;
  readonly #closed = new AbortController();
  readonly #listeners: (() => void)[] = [];
  #place: PrefectPlace | null = null;
  #problem: string | null = 'Prefect has not answered yet';
  #failures = 0;
  #checking: Promise<void> | null = null;
  #asking: Promise<void> | null = null;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #stopTimer = () => {};

  constructor(parts: PrefectSetupParts) {
    this.#parts = parts;
  }

  /** Where deployments belong; null: Prefect cannot be used now. */
  get place(): PrefectPlace | null {
    return this.#problem === null ? this.#place : null;
  }

  /** Why Prefect cannot be used now, in one sentence; null: it can. */
  get problem(): string | null {
    return this.#problem;
  }

  /** As `problem`, of this moment: asks Prefect unless it has just answered. Waits for a moment only, and never rejects. */
  async ask(): Promise<string | null> {
    const { clock, timers } = this.#parts;
    if (this.#problem !== null || clock.now() - this.#answeredAt < ANSWER_HOLDS_MS) return this.#problem;
    this.#asking ??= this.#ping().finally(() => {
      this.#asking = null;
    });
    const late = new AbortController();
    await Promise.race([this.#asking, sleep(timers, ASKED_WAITS_MS, late.signal).catch(() => undefined)]);
    late.abort();
    return this.#problem;
  }

  /** Called each time Prefect can be used again. */
  onReady(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Resolves also where Prefect does not answer: it is tried again until it does.
   * @throws PrefectRefused if it answers that it cannot be used as it is set.
   */
  async start(): Promise<void> {
    try {
      await this.#attempt({ retries: 0, deadlineMs: START_WITHIN_MS });
    } catch (error) {
      if (error instanceof PrefectRefused) throw error;
      this.#failed(error);
    }
    this.#checkLater();
  }

  /** Checks at once, as when a call failed. Never rejects. */
  check(): Promise<void> {
    this.#stopTimer();
    this.#checking ??= this.#attempt({})
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#checking = null;
        this.#checkLater();
      });
    return this.#checking;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#stopTimer();
    await this.#checking;
    await this.#asking;
  }

  async #ping(): Promise<void> {
    const options = { retries: 0, deadlineMs: ASKED_DEADLINE_MS, signal: this.#closed.signal };
    try {
      await this.#parts.client.version(options).catch((error: unknown) => {
        // Whatever it is, that is an answer.
        if (!(error instanceof PrefectError)) throw error;
      });
      this.#answeredAt = this.#parts.clock.now();
    } catch (error) {
      this.#failed(error);
      this.#checkLater();
    }
  }

  async #attempt(limits: CallOptions): Promise<void> {
    const { client, apiUrl, workPool, flowName, logger } = this.#parts;
    const options = { ...limits, signal: this.#closed.signal };
    const isBack = this.#problem !== null;
    const version = isBack ? await checkServer(client, apiUrl, options) : null;
    await ensureWorkPool(client, workPool, options);
    const { id: flowId } = await client.flow(flowName, options);
    this.#place = { flowId, flowName, workPool };
    this.#problem = null;
    this.#failures = 0;
    this.#answeredAt = this.#parts.clock.now();
    if (!isBack) return;
    logger.info('Prefect is available', { url: apiUrl, version, work_pool: workPool });
    for (const listener of this.#listeners) listener();
  }

  #failed(error: unknown): void {
    if (this.#closed.signal.aborted) return;
    const problem = error instanceof Error ? error.message : String(error);
    if (problem !== this.#problem) this.#parts.logger.warn('Prefect is not available', { reason: problem });
    this.#problem = problem;
    this.#failures += 1;
  }

  #checkLater(): void {
    if (this.#closed.signal.aborted) return;
    const { timers, random } = this.#parts;
    const backOffMs = exponentialDelay(this.#failures - 1, FIRST_DELAY_MS, CHECK_EVERY_MS);
    const delayMs = this.#problem === null ? CHECK_EVERY_MS : withJitter(backOffMs, random);
    this.#stopTimer();
    this.#stopTimer = timers.after(delayMs, () => void this.check());
  }
}
