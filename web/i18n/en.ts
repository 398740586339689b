import accounts from './en/accounts.json';
import audit from './en/audit.json';
import bulk from './en/bulk.json';
import common from './en/common.json';
import keys from './en/keys.json';
import leases from './en/leases.json';
import pool from './en/pool.json';
import problems from './en/problems.json';
import runs from './en/runs.json';
import sessions from './en/sessions.json';
import shell from './en/shell.json';
import sources from './en/sources.json';
import states from './en/states.json';

/** The texts in this language, by page, but for those that a page loads itself. */
export const en = {
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
