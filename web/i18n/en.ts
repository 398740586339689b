import accounts from './en/accounts.json';
import bulk from './en/bulk.json';
import common from './en/common.json';
import pool from './en/pool.json';
import problems from './en/problems.json';
import sessions from './en/sessions.json';
import shell from './en/shell.json';
import states from './en/states.json';

/** All texts in this language, by page. */
export const en = { accounts, bulk, common, pool, problems, sessions, shell, states };
