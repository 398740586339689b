import accounts from './ru/accounts.json';
import bulk from './ru/bulk.json';
import common from './ru/common.json';
import pool from './ru/pool.json';
import problems from './ru/problems.json';
import sessions from './ru/sessions.json';
import shell from './ru/shell.json';
import states from './ru/states.json';

/** All texts in this language, by page. */
export const ru = { accounts, bulk, common, pool, problems, sessions, shell, states };
