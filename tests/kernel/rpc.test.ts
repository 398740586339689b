import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { NotFound, Unavailable } from '../../src/kernel/errors.js';
import { ErrorPassing } from '../../src/kernel/passed_errors.js';
import { methodsOf, RpcPeer } from '../../src/kernel/rpc.js';
import { until } from '../service/manual_time.js';

interface Counter {
  add(amount: number): Promise<number>;
  addBig(amount: bigint): Promise<bigint>;
  fail(): Promise<never>;
  wait(label: string, signal: AbortSignal): Promise<string>;
}

const METHODS = methodsOf<Counter>({ add: true, addBig: true, fail: true, wait: true });
const errors = new ErrorPassing([NotFound, Unavailable]);

/** A counter at one end of a port, and what calls it at the other. */
async function withCounter(
  test: (ends: { counter: Counter; caller: RpcPeer; serving: RpcPeer; log: string[] }) => Promise<void>,
): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const log: string[] = [];
  let total = 0;
  const served: Counter = {
    async add(amount) {
      total += amount;
      log.push(`add ${amount}`);
      return total;
    },
    addBig: async (amount) => BigInt(total) + amount,
    async fail() {
      throw new NotFound('Source');
    },
    wait: (label, signal) =>
      new Promise((_, reject) => {
        log.push(`waits ${label}`);
        signal.addEventListener('abort', () => {
          log.push(`aborted: ${signal.reason.message}`);
          reject(signal.reason);
        });
      }),
  };
  const serving = new RpcPeer(port2, errors, { counter: served });
  const caller = new RpcPeer(port1, errors, {});
  try {
    await test({ counter: caller.remote<Counter>('counter', METHODS), caller, serving, log });
  } finally {
    port1.close();
  }
}

describe('a call to another thread', () => {
  it('is answered with its result, 64-bit integers included', () =>
    withCounter(async ({ counter }) => {
      expect(await Promise.all([counter.add(2), counter.add(3)])).toEqual([2, 5]);
      expect(await counter.addBig(2n ** 63n)).toBe(2n ** 63n + 5n);
    }));

  it('rejects with the error that was thrown there, of its class', () =>
    withCounter(async ({ counter, caller }) => {
      const failure = await counter.fail().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(NotFound);
      expect(failure).toMatchObject({ code: 'source_not_found', status: 404 });
      const unknown = caller.remote<{ nothing(): Promise<void> }>('counter', ['nothing']);
      await expect(unknown.nothing()).rejects.toThrow('nothing serves counter.nothing');
    }));

  it('rejects for what cannot be sent', () =>
    withCounter(async ({ counter }) => {
      await expect(counter.add((() => 1) as unknown as number)).rejects.toThrow(/could not be cloned/);
      expect(await counter.add(1)).toBe(1);
    }));

  it('is aborted there when its signal is aborted here, for the same reason', () =>
    withCounter(async ({ counter, log }) => {
      const abort = new AbortController();
      const waiting = counter.wait('a', abort.signal);
      waiting.catch(() => undefined);
      await until(() => log.length > 0);
      const reason = new Unavailable({ error: 'shutting_down' }, 1);
      abort.abort(reason);
      await expect(waiting).rejects.toMatchObject({ code: 'shutting_down', status: 503 });
      expect(log).toEqual(['waits a', 'aborted: shutting_down']);
    }));

  it('is aborted at once where its signal already was', () =>
    withCounter(async ({ counter, log }) => {
      const waiting = counter.wait('a', AbortSignal.abort(new Error('too late')));
      await expect(waiting).rejects.toThrow('too late');
      expect(log).toEqual(['waits a', 'aborted: too late']);
    }));

  it('needs no answer', () =>
    withCounter(async ({ counter, caller, log }) => {
      caller.tell('counter', 'add', 4);
      caller.tell('counter', 'fail');
      expect(await counter.add(1)).toBe(5);
      expect(log).toEqual(['add 4', 'add 1']);
    }));
});

describe('a closed end', () => {
  it('rejects the calls under way and all later ones, and aborts those that it serves', () =>
    withCounter(async ({ counter, caller, serving, log }) => {
      const waiting = counter.wait('a', new AbortController().signal);
      waiting.catch(() => undefined);
      await until(() => log.length > 0);
      serving.close(new Error('the server is gone'));
      expect(log.at(-1)).toBe('aborted: the server is gone');
      caller.close(new Error('the thread is gone'));
      await expect(waiting).rejects.toThrow('the thread is gone');
      await expect(counter.add(1)).rejects.toThrow('the thread is gone');
    }));
});
