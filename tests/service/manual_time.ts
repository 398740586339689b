import { setImmediate, setTimeout } from 'node:timers/promises';
import type { TimeSource } from '../../src/kernel/clock.js';
import type { Timers } from '../../src/kernel/timers.js';

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

/** The clocks and timers of a machine whose time only a test advances. */
export class ManualTime implements TimeSource, Timers {
  #wall: number;
  #monotonic: number;
  #boot = 1;
  readonly #timers = new Set<Timer>();

  constructor(wall = Date.UTC(2025, 2, 1, 12), monotonic = 5000) {
    this.#wall = wall;
    this.#monotonic = monotonic;
  }

  wall(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  bootId(): string {
    return `boot-${this.#boot}`;
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { at: this.#monotonic + milliseconds, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets this many seconds pass; timers fire on time and in order. */
  async advance(seconds: number): Promise<void> {
    const end = this.#monotonic + seconds * 1000;
    for (let next = this.#due(end); next; next = this.#due(end)) {
      this.#timers.delete(next);
      this.#pass(Math.max(0, next.at - this.#monotonic));
      next.action();
      await setImmediate();
    }
    this.#pass(end - this.#monotonic);
  }

  /** Sets the wall clock forward or (negative) back, without time passing. */
  stepWallClock(seconds: number): void {
    this.#wall += seconds * 1000;
  }

  /** Reboots the machine: timers are lost, and the monotonic clock restarts. */
  reboot(downSeconds: number): void {
    this.#boot += 1;
    this.#wall += downSeconds * 1000;
    this.#monotonic = 1;
    this.#timers.clear();
  }

  #pass(milliseconds: number): void {
    this.#wall += milliseconds;
    this.#monotonic += milliseconds;
  }

  #due(end: number): Timer | undefined {
    return [...this.#timers].filter((timer) => timer.at <= end).sort((one, other) => one.at - other.at)[0];
  }
}

/** Polls until the condition holds: waits for another thread, a socket or a process. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const started = performance.now();
  for (let turn = 0; !(await condition()); turn += 1) {
    if (performance.now() - started > 25_000) throw new Error(`never came true: ${condition}`);
    await (turn < 100 ? setImmediate() : setTimeout(2));
  }
}
