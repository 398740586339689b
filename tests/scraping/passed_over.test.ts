import { describe, expect, it } from '@jest/globals';
import { PassedOver } from '../../src/scraping/split/passed_over.js';

const NOBODY = new Set<number>();

/** In how many rounds from now the session may be taken again; null: not in the next hundred. */
function roundsWithout(passedOver: PassedOver, sessionId: number): number | null {
  for (let rounds = 0; rounds < 100; rounds += 1) {
    if (!passedOver.with(NOBODY)?.includes(sessionId)) return rounds;
    passedOver.nextRound();
  }
  return null;
}

describe('a session that read nothing', () => {
  it('is passed over for longer each time, and after the fourth for good', () => {
    const passedOver = new PassedOver();
    const rounds = [1, 2, 3, 4].map(() => {
      passedOver.forNow(7);
      return roundsWithout(passedOver, 7);
    });
    expect(rounds).toEqual([5, 10, 20, null]);
  });

  it('counts as new once it has read', () => {
    const passedOver = new PassedOver();
    for (const _ of [1, 2, 3]) {
      passedOver.forNow(7);
      roundsWithout(passedOver, 7);
      passedOver.useful(7);
    }
    passedOver.forNow(7);
    expect(roundsWithout(passedOver, 7)).toBe(5);
  });

  it('is passed over for good at once where it has no access', () => {
    const passedOver = new PassedOver();
    passedOver.forGood(7);
    expect(roundsWithout(passedOver, 7)).toBeNull();
  });
});

describe('sessions that are passed over', () => {
  it('are passed over together with those that the run knows to be of no use, each once', () => {
    const passedOver = new PassedOver();
    passedOver.forGood(7);
    passedOver.forNow(8);
    expect(passedOver.with(new Set([8, 9]))).toEqual([7, 8, 9]);
  });

  it('end the search for others while there are 32', () => {
    const passedOver = new PassedOver();
    for (let id = 1; id < 32; id += 1) passedOver.forNow(id);
    expect(passedOver.with(NOBODY)).toHaveLength(31);
    expect(passedOver.with(new Set([99]))).toBeNull();
    for (let round = 0; round < 5; round += 1) passedOver.nextRound();
    expect(passedOver.with(new Set([99]))).toEqual([99]);
  });
});
