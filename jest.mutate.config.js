/** What `npm run mutate` runs against each mutant: the tests of rules, which need no service and no database. */
export default {
  roots: ['<rootDir>/dist/tests'],
  testMatch: [
    '**/pool/{lease_authorization,lease_decisions,outcomes,session_state,telegram_error_verdicts,transitions,wait_queue}.test.js',
    '**/sources/{identifier,targets}.test.js',
    '**/intake/{auth_key_owner,file_metadata}.test.js',
    '**/logins/login_rules.test.js',
  ],
  transform: {},
  testEnvironment: 'node',
  testTimeout: 10_000,
};
