/** Tests run as compiled: what is tested is what is shipped. */
export default {
  roots: ['<rootDir>/dist/tests'],
  testMatch: ['**/*.test.js'],
  transform: {},
  testEnvironment: 'node',
  testTimeout: 30_000,
  maxWorkers: 2,
  reporters: ['default', '<rootDir>/dist/tests/summary_reporter.js'],
};
