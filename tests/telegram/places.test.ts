import { expect, test } from '@jest/globals';
import { Places } from '../../src/telegram/gramjs/places.js';

const never = new AbortController().signal;

test('lets in as many as there are places, the others in the order that they came', async () => {
  const places = new Places(2);
  const entered: string[] = [];
  const enter = async (name: string) => {
    const leave = await places.take(never);
    entered.push(name);
    return leave;
  };
  const [one, two, three, four] = ['one', 'two', 'three', 'four'].map(enter);
  const leave = await one;
  await two;
  expect(entered).toEqual(['one', 'two']);
  leave?.();
  await three;
  expect(entered).toEqual(['one', 'two', 'three']);
  // Given back before.
  leave?.();
  (await two)?.();
  await four;
  expect(entered).toEqual(['one', 'two', 'three', 'four']);
});

test('gives no place to those who have gone away', async () => {
  const places = new Places(1);
  const leave = await places.take(never);
  const controller = new AbortController();
  const impatient = places.take(controller.signal);
  const patient = places.take(never);
  const reason = new Error('no longer');
  controller.abort(reason);
  await expect(impatient).rejects.toBe(reason);
  leave();
  (await patient)();
  await expect(places.take(controller.signal)).rejects.toBe(reason);
  (await places.take(never))();
});
