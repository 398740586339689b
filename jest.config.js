/** Tests run as compiled: what is tested is what is shipped. */
export default {
  roots: ['<rootDir>/dist/tests'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testEnvironment: 'node',
  testTimeout: 30_000,
  maxWorkers: 2,
  // A worker keeps the modules of every file that it ran: a new one is quicker than a full heap.
  workerIdleMemoryLimit: '700MB',
  globalSetup: '<rootDir>/dist/tests/postgres_setup.js',
  globalTeardown: '<rootDir>/dist/tests/postgres_teardown.js',
  reporters: ['default', '<rootDir>/dist/tests/summary_reporter.js'],
};
