/** Jest's functions for test files, by name. */
export type JestFunctions = Readonly<Record<string, object>>;

let current: JestFunctions = {};

/** From now on, this module exports these: Jest creates new ones for each test file. */
export function useFunctions(functions: JestFunctions): void {
  current = functions;
}

export const afterAll = currently('afterAll');
export const afterEach = currently('afterEach');
export const beforeAll = currently('beforeAll');
export const beforeEach = currently('beforeEach');
export const describe = currently('describe');
export const expect = currently('expect');
export const it = currently('it');
export const jest = currently('jest');
export const test = currently('test');

function currently(name: string): unknown {
  return new Proxy(() => undefined, {
    apply: (_, self, args) => Reflect.apply(functionCalled(name), self, args),
    get: (_, key) => Reflect.get(functionCalled(name), key),
  });
}

function functionCalled(name: string) {
  const found = current[name];
  if (found === undefined) throw new Error(`${name} is there in test files alone`);
  return found as () => unknown;
}
