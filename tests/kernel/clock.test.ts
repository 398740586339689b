import { describe, expect, it } from '@jest/globals';
import { createSteadyClock, FollowingClock, systemTime } from '../../src/kernel/clock.js';

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

/** A machine whose clocks are set by hand. */
class Machine {
  wallAt = START;
  monotonicAt = 5_000.75;
  boot: string | null = 'first-boot';

  readonly wall = () => this.wallAt;
  readonly monotonic = () => this.monotonicAt;
  readonly bootId = () => this.boot;

  pass(milliseconds: number): void {
    this.wallAt += milliseconds;
    this.monotonicAt += milliseconds;
  }

  reboot(milliseconds: number): void {
    this.wallAt += milliseconds;
    this.monotonicAt = 100;
    this.boot = 'second-boot';
  }
}

describe('the clock', () => {
  it('starts at the wall clock and advances with the machine', () => {
    const machine = new Machine();
    const clock = createSteadyClock(machine, null);
    expect(clock.now()).toBe(START);
    machine.pass(1234.9);
    expect(clock.now()).toBe(START + 1234);
  });

  it.each([HOUR, -HOUR])('ignores a step of the wall clock by %d ms', (step) => {
    const machine = new Machine();
    const clock = createSteadyClock(machine, null);
    machine.wallAt += step;
    machine.pass(10);
    expect(clock.now()).toBe(START + 10);
  });

  it('never goes back, even if the machine does', () => {
    const machine = new Machine();
    const clock = createSteadyClock(machine, null);
    machine.pass(1000);
    const before = clock.now();
    machine.monotonicAt -= 500;
    expect(clock.now()).toBe(before);
  });

  it('of this machine returns whole milliseconds close to the wall clock', () => {
    const clock = createSteadyClock(systemTime, null);
    const [first, second] = [clock.now(), clock.now()];
    expect(Number.isSafeInteger(first)).toBe(true);
    expect(second).toBeGreaterThanOrEqual(first);
    expect(Math.abs(first - Date.now())).toBeLessThan(1000);
  });
});

describe('a clock that continues from an anchor', () => {
  it('continues through a restart, whatever happened to the wall clock', () => {
    const machine = new Machine();
    const before = createSteadyClock(machine, null);
    machine.pass(1000.5);
    const anchor = before.anchor();
    expect(anchor).toMatchObject({ bootId: 'first-boot', steady: START + 1000 });
    machine.wallAt -= 24 * HOUR;
    for (const milliseconds of [0, 0.3, 0.4, 60_000.9]) {
      machine.pass(milliseconds);
      expect(createSteadyClock(machine, anchor).now()).toBe(before.now());
    }
  });

  it('follows the wall clock after a reboot', () => {
    const machine = new Machine();
    const anchor = createSteadyClock(machine, null).anchor();
    machine.reboot(HOUR);
    expect(createSteadyClock(machine, anchor).now()).toBe(START + HOUR);
  });

  it('stays where it was if the wall clock is behind after a reboot', () => {
    const machine = new Machine();
    const anchor = createSteadyClock(machine, null).anchor();
    machine.reboot(-HOUR);
    expect(createSteadyClock(machine, anchor).now()).toBe(START);
  });

  it('does the same if boots cannot be told apart', () => {
    const machine = new Machine();
    machine.boot = null;
    const anchor = createSteadyClock(machine, null).anchor();
    machine.pass(50);
    machine.wallAt += HOUR;
    expect(createSteadyClock(machine, anchor).now()).toBe(START + 50 + HOUR);
  });

  it('ignores an anchor that is ahead of the machine', () => {
    const machine = new Machine();
    const anchor = createSteadyClock(machine, null).anchor();
    machine.monotonicAt -= 4000;
    machine.wallAt += HOUR;
    expect(createSteadyClock(machine, anchor).now()).toBe(START + HOUR);
  });

  it('ignores an anchor that is not a time', () => {
    const machine = new Machine();
    const anchor = { bootId: 'first-boot', monotonic: 1, steady: Number.NaN };
    expect(createSteadyClock(machine, anchor).now()).toBe(START);
  });
});

describe('a displayed time', () => {
  it('is exact while the wall clock agrees within 2 s', () => {
    const machine = new Machine();
    const clock = createSteadyClock(machine, null);
    for (const drift of [0, 400, 2000, -2000]) {
      machine.wallAt = START + drift;
      expect(clock.display(START + HOUR).getTime()).toBe(START + HOUR);
    }
  });

  it('follows a step of the wall clock, and does not jitter with it', () => {
    const machine = new Machine();
    const clock = createSteadyClock(machine, null);
    machine.wallAt += HOUR;
    expect(clock.display(START).getTime()).toBe(START + HOUR);
    for (const jitter of [300, -300, 2000]) {
      machine.wallAt = START + HOUR + jitter;
      expect(clock.display(START).getTime()).toBe(START + HOUR);
    }
  });

  it('is exact again once the wall clock is corrected', () => {
    const machine = new Machine();
    const clock = createSteadyClock(machine, null);
    machine.wallAt -= HOUR;
    expect(clock.display(START).getTime()).toBe(START - HOUR);
    machine.wallAt += HOUR + 7;
    expect(clock.display(START).getTime()).toBe(START);
  });
});

describe('a clock that follows the one of another thread', () => {
  it('continues from the reading that it was told last, and never goes back', () => {
    let monotonic = 5_000.5;
    const clock = new FollowingClock({ at: START, monotonic }, () => monotonic);
    monotonic += 1_500;
    expect(clock.now()).toBe(START + 1_500);
    clock.follow({ at: START + 1_000, monotonic });
    expect(clock.now()).toBe(START + 1_500);
    monotonic += 700;
    expect(clock.now()).toBe(START + 1_700);
    clock.follow({ at: START + HOUR, monotonic: monotonic - 250 });
    expect(clock.now()).toBe(START + HOUR + 250);
  });
});
