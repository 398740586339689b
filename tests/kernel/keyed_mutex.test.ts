import { expect, test } from '@jest/globals';
import { KeyedMutex } from '../../src/kernel/keyed_mutex.js';

/** Work that ends when it is told to, and notes when it began. */
function work(began: string[], name: string) {
  let finish = (_failed: boolean): void => {};
  const end = new Promise<string>((resolve, reject) => {
    finish = (failed) => (failed ? reject(new Error(name)) : resolve(name));
  });
  const run = (): Promise<string> => {
    began.push(name);
    return end;
  };
  return { run, finish: (failed = false) => finish(failed) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('runs work of one key in the order of the calls, the next after the last has settled', async () => {
  const mutex = new KeyedMutex();
  const began: string[] = [];
  const [one, two, three] = ['one', 'two', 'three'].map((name) => work(began, name));
  const results = [one, two, three].map((each) => mutex.run('key', each?.run ?? (() => Promise.reject())));
  await settled();
  expect(began).toEqual(['one']);
  one?.finish(true);
  await expect(results[0]).rejects.toThrow('one');
  await settled();
  expect(began).toEqual(['one', 'two']);
  two?.finish();
  await expect(results[1]).resolves.toBe('two');
  await settled();
  expect(began).toEqual(['one', 'two', 'three']);
  three?.finish();
  await expect(results[2]).resolves.toBe('three');
});

test('does not keep work of another key, or of no key, waiting', async () => {
  const mutex = new KeyedMutex();
  const began: string[] = [];
  const held = work(began, 'held');
  const waiting = mutex.run('one', held.run);
  await settled();
  await mutex.run('two', async () => began.push('another'));
  // Without a key it begins at once.
  void mutex.run(null, async () => began.push('none'));
  expect(began).toEqual(['held', 'another', 'none']);
  held.finish();
  await waiting;
});

test('goes on with a key that was free for a while', async () => {
  const mutex = new KeyedMutex();
  expect(await mutex.run('key', async () => 1)).toBe(1);
  await settled();
  expect(await mutex.run('key', async () => 2)).toBe(2);
});
