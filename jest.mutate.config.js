/** What `npm run mutate` runs against each mutant: the tests of rules, which need no service and no database. */
export default {
  roots: ['<rootDir>/dist/src', '<rootDir>/dist/tests'],
  testMatch: [
    '**/pool/{lease_authorization,lease_decisions,outcomes,session_state,telegram_error_verdicts,transitions,wait_queue}.test.js',
    '**/sources/{identifier,targets}.test.js',
    '**/intake/{auth_key_owner,errors,file_metadata,names,sync_rules}.test.js',
    '**/{logins,sessions}/{rules,refusals}.test.js',
    '**/telegram/{application,auth_key_errors,errors,network_path,rpc_errors}.test.js',
    '**/kernel/{phone_number,retry}.test.js',
    '**/runs/rules.test.js',
    '**/scraping/{recovery,reader_selector,file_names,sink_rules}.test.js',
  ],
  transform: {},
  testEnvironment: 'node',
  testTimeout: 10_000,
};
