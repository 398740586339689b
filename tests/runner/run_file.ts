import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type JestFunctions, useFunctions } from './jest_functions.js';
import { trackTestsWithoutHooks } from './test_context.js';

/** The part of Jest's runtime, created for each test file, that is used here. */
interface Runtime {
  requireInternalModule(path: string): unknown;
  requireModuleOrMock(from: string, name: '@jest/globals'): JestFunctions;
  unstable_shouldLoadAsEsm(path: string): boolean;
  unstable_importModule(path: string): Promise<unknown>;
}

type RunFile = (
  globalConfig: unknown,
  projectConfig: unknown,
  environment: unknown,
  runtime: Runtime,
  path: string,
  sendMessage?: unknown,
) => Promise<unknown>;

const require = createRequire(import.meta.url);
trackTestsWithoutHooks();
const runWithCircus: RunFile = require('jest-circus/runner').default;

let runs = 0;

/**
 * Jest's own framework, with the modules loaded by Node instead of by Jest: a worker loads the service and its
 * libraries once, not once for each of its test files, and they run as they do outside of tests.
 */
const runFile: RunFile = async (globalConfig, projectConfig, environment, runtime, path, sendMessage) => {
  runtime.requireInternalModule = requireAnew;
  runtime.unstable_shouldLoadAsEsm = () => true;
  runtime.unstable_importModule = (file) => {
    useFunctions(runtime.requireModuleOrMock(file, '@jest/globals'));
    runs += 1;
    return import(`${pathToFileURL(file)}?run=${runs}`);
  };
  // The frames that say where. Jest wants a hundred, which it looks up in the source maps of every error that is read.
  Error.stackTraceLimit = 25;
  try {
    return await runWithCircus(globalConfig, projectConfig, environment, runtime, path, sendMessage);
  } finally {
    forgetCircus();
  }
};

export default runFile;

/** Circus is made for one file: each file gets its own. */
function requireAnew(path: string): unknown {
  delete require.cache[path];
  return require(path);
}

/** It keeps the tests of a file, and its listeners, on the global object. */
function forgetCircus(): void {
  for (const symbol of Object.getOwnPropertySymbols(globalThis)) {
    if (/^(JEST_STATE_SYMBOL|EVENT_HANDLERS)$/.test(symbol.description ?? '')) {
      Reflect.deleteProperty(globalThis, symbol);
    }
  }
}
