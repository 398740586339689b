import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { oneByOne } from '../../src/sources/schedules.js';

const DUE = new Date(0);

describe('jobs that are taken one by one', () => {
  it('wait until the previous one is done, however it ends', async () => {
    const told: string[] = [];
    const { takeJob } = oneByOne({
      async takeJob(name) {
        told.push(`take ${name}`);
        if (name === 'lost') throw new Error('no database');
        return name === 'another’s' ? null : async () => void told.push(`done ${name}`);
      },
    });
    const first = takeJob('first', DUE);
    const lost = takeJob('lost', DUE).catch((error: unknown) => error);
    const others = takeJob('another’s', DUE);
    const last = takeJob('last', DUE);
    const done = await first;
    await setImmediate();
    expect(told).toEqual(['take first']);
    await done?.();
    expect(await lost).toBeInstanceOf(Error);
    expect(await others).toBeNull();
    await (await last)?.();
    const rest = ['done first', 'take lost', 'take another’s', 'take last', 'done last'];
    expect(told).toEqual(['take first', ...rest]);
  });
});
