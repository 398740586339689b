import { expect, it } from '@jest/globals';
import { WakeablePause } from '../../src/kernel/timers.js';
import { ManualTime } from '../service/manual_time.js';

/** A pause of ten seconds that has begun, and whether it is over. */
function pausing(pause: WakeablePause, signal = new AbortController().signal) {
  const begun = { isOver: false, over: pause.sleep(10_000, signal) };
  void begun.over.then(() => {
    begun.isOver = true;
  });
  return begun;
}

it('pauses for as long as it is told', async () => {
  const time = new ManualTime();
  const begun = pausing(new WakeablePause(time));
  await time.advance(9.9);
  expect(begun.isOver).toBe(false);
  await time.advance(0.1);
  await begun.over;
});

it('ends a pause that is woken up, and only that one', async () => {
  const time = new ManualTime();
  const pause = new WakeablePause(time);
  const begun = pausing(pause);
  pause.wake();
  await begun.over;
  const next = pausing(pause);
  await time.advance(9.9);
  expect(next.isOver).toBe(false);
});

it('skips the next pause where it was woken up while at work', async () => {
  const pause = new WakeablePause(new ManualTime());
  pause.wake();
  pause.wake();
  await pausing(pause).over;
  expect(pausing(pause).isOver).toBe(false);
});

it('ends with its signal', async () => {
  const stop = new AbortController();
  const begun = pausing(new WakeablePause(new ManualTime()), stop.signal);
  stop.abort();
  await begun.over;
  await pausing(new WakeablePause(new ManualTime()), stop.signal).over;
});
