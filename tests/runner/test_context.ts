import { createRequire } from 'node:module';

/**
 * Tells Jest's framework which test an error belongs to: the one that is running, since the tests of a file run one
 * after the other. Node's own class runs a hook for every promise, which costs a tenth of the suite's processor time.
 */
class RunningTest<Store> {
  #store: Store | undefined;

  getStore(): Store | undefined {
    return this.#store;
  }

  run<Result>(store: Store, work: () => Result): Result {
    const before = this.#store;
    this.#store = store;
    const restore = () => {
      this.#store = before;
    };
    let result: Result;
    try {
      result = work();
    } catch (error) {
      restore();
      throw error;
    }
    if (result instanceof Promise) return result.finally(restore) as Result;
    restore();
    return result;
  }
}

/** Has modules that are required from now on find that class instead of Node's. */
export function trackTestsWithoutHooks(): void {
  const hooks = createRequire(import.meta.url)('node:async_hooks') as { AsyncLocalStorage: unknown };
  hooks.AsyncLocalStorage = RunningTest;
}
