/** Tests run as compiled: what is tested is what is shipped. */
export default {
  roots: ['<rootDir>/dist/tests'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testEnvironment: 'node',
  testRunner: '<rootDir>/dist/tests/runner/run_file.js',
  injectGlobals: false,
  testSequencer: '<rootDir>/dist/tests/runner/slow_first.js',
  testTimeout: 30_000,
  // One more than CI has processors: workers also wait, for browsers, for servers and for real clocks.
  maxWorkers: 3,
  // A worker keeps what its files leave behind: a new one is quicker than a full heap.
  workerIdleMemoryLimit: '700MB',
  globalSetup: '<rootDir>/dist/tests/runner/set_up.js',
  globalTeardown: '<rootDir>/dist/tests/runner/tear_down.js',
  reporters: ['default', '<rootDir>/dist/tests/runner/summary_reporter.js'],
};
