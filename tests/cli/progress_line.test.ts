import { describe, expect, it } from '@jest/globals';
import { ProgressLine } from '../../src/cli/progress_line.js';
import { ManualTime } from '../service/manual_time.js';

function lines(isTTY: boolean, columns = 80) {
  const time = new ManualTime();
  const written: string[] = [];
  const progress = new ProgressLine({ isTTY, columns, write: (text: string) => written.push(text) }, time);
  return { time, written, progress };
}

describe('progress', () => {
  it('is one line on a terminal, updated at most five times a second, and cleared at the end', async () => {
    const { time, written, progress } = lines(true);
    for (const row of [1, 2, 3]) {
      progress.show(`row ${row}`);
      await time.advance(0.15);
    }
    progress.clear();
    progress.clear();
    expect(written).toEqual(['\r\x1b[Krow 3', '\r\x1b[K']);
  });

  it('is no longer than a terminal is wide', async () => {
    const { time, written, progress } = lines(true, 12);
    await time.advance(1);
    progress.show('copying sessions: 1 row');
    expect(written).toEqual(['\r\x1b[Kcopying se…']);
  });

  it('is one line every ten seconds elsewhere', async () => {
    const { time, written, progress } = lines(false);
    for (let second = 0; second < 25; second += 1) {
      progress.show(`second ${second}`);
      await time.advance(1);
    }
    progress.clear();
    expect(written).toEqual(['second 10\n', 'second 20\n']);
  });
});
