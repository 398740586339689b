import { expect, test } from '@jest/globals';
import { Semaphore } from '../../src/kernel/semaphore.js';

const never = new AbortController().signal;

test('lets in as many as it has permits, and the others in the order of their calls', async () => {
  const semaphore = new Semaphore(2);
  const entered: string[] = [];
  const enter = async (name: string) => {
    const release = await semaphore.acquire(never);
    entered.push(name);
    return release;
  };
  const [one, two, three, four] = ['one', 'two', 'three', 'four'].map(enter);
  const release = await one;
  await two;
  expect(entered).toEqual(['one', 'two']);
  release?.();
  await three;
  expect(entered).toEqual(['one', 'two', 'three']);
  // Released before.
  release?.();
  (await two)?.();
  await four;
  expect(entered).toEqual(['one', 'two', 'three', 'four']);
});

test('drops those who stop waiting from the queue', async () => {
  const semaphore = new Semaphore(1);
  const release = await semaphore.acquire(never);
  const controller = new AbortController();
  const impatient = semaphore.acquire(controller.signal);
  const patient = semaphore.acquire(never);
  const reason = new Error('no longer');
  controller.abort(reason);
  await expect(impatient).rejects.toBe(reason);
  release();
  (await patient)();
  await expect(semaphore.acquire(controller.signal)).rejects.toBe(reason);
  (await semaphore.acquire(never))();
});
