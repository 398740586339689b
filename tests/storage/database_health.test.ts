import { describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../src/kernel/errors.js';
import { DatabaseHealth } from '../../src/storage/database_health.js';
import { ManualTime } from '../service/manual_time.js';

const FULL = { error: 'storage_unavailable', message: 'the database cannot be written at the moment' };

/** A database that can be read and written or not, as the test decides. */
function database() {
  const state = { readable: true, writable: true, writes: 0 };
  const fail = () => Promise.reject(new Unavailable(FULL, 1));
  return {
    state,
    probe: () => (state.readable ? Promise.resolve() : fail()),
    touch() {
      state.writes += 1;
      return state.writable ? Promise.resolve() : fail();
    },
  };
}

describe('the health of a database', () => {
  it('is good while it can be read and the last write succeeded, and checking writes nothing', async () => {
    const { state, ...parts } = database();
    const health = new DatabaseHealth(parts, new ManualTime());
    expect(await health.reason()).toBeNull();
    expect(state.writes).toBe(0);
    state.readable = false;
    expect(await health.reason()).toBe(FULL.message);
    state.readable = true;
    expect(await health.reason()).toBeNull();
  });

  it('is bad after a failed write, which is retried each second until one succeeds', async () => {
    const { state, ...parts } = database();
    const time = new ManualTime();
    const health = new DatabaseHealth(parts, time);
    state.writable = false;
    await expect(health.touch()).rejects.toThrow(Unavailable);
    await time.advance(3);
    expect(state.writes).toBe(4);
    expect(await health.reason()).toBe(FULL.message);
    state.writable = true;
    await time.advance(1);
    expect(await health.reason()).toBeNull();
    await time.advance(60);
    expect(state.writes).toBe(5);
  });

  it('writes no more once it is stopped, and does not leak unknown errors', async () => {
    const { state, ...parts } = database();
    const time = new ManualTime();
    const health = new DatabaseHealth(
      { ...parts, probe: () => Promise.reject(new Error('ENOENT: /data')) },
      time,
    );
    expect(await health.reason()).toBe('the database does not answer');
    state.writable = false;
    await expect(health.touch()).rejects.toThrow(Unavailable);
    health.stop();
    await time.advance(60);
    expect(state.writes).toBe(1);
  });
});
