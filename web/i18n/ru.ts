import accounts from './ru/accounts.json';
import audit from './ru/audit.json';
import bulk from './ru/bulk.json';
import common from './ru/common.json';
import keys from './ru/keys.json';
import leases from './ru/leases.json';
import pool from './ru/pool.json';
import problems from './ru/problems.json';
import runs from './ru/runs.json';
import sessions from './ru/sessions.json';
import shell from './ru/shell.json';
import sources from './ru/sources.json';
import states from './ru/states.json';

/** The texts in this language, by page, but for those that a page loads itself. */
export const ru = {
  accounts,
  audit,
  bulk,
  common,
  keys,
  leases,
  pool,
  problems,
  runs,
  sessions,
  shell,
  sources,
  states,
};
