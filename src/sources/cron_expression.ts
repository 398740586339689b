import { BadRequest } from '../errors.js';
import { comesDue } from '../jobs/cron.js';

/** A longer expression says nothing that a short one could not. */
const LONGEST = 200;

const wanted = 'schedule: wanted: a cron expression of 5 or 6 fields, in UTC, such as 0 */6 * * *';

/**
 * A cron expression with one space between its fields; null: an empty text, which is none.
 * @throws BadRequest for what is no cron expression, or would never be due.
 */
export function parseSchedule(given: string): string | null {
  const fields = given.split(/\s+/).filter(Boolean);
  if (fields.length === 0) return null;
  // Ranges are written out number by number when they are looked at, however long they are.
  const plausible = given.length <= LONGEST && !/\d{3}/.test(given);
  if (!plausible || (fields.length !== 5 && fields.length !== 6)) throw new BadRequest(wanted);
  const expression = fields.join(' ');
  if (!comesDue(expression)) throw new BadRequest(wanted);
  return expression;
}
