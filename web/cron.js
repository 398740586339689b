const DAY_MS = 86_400_000;

/** Far enough to find a 29 February that is a Sunday. */
const DAYS_AHEAD = 366 * 41;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The fields in order, with their smallest and largest values. */
const FIELDS = [
  { name: 'seconds', min: 0, max: 59 },
  { name: 'minutes', min: 0, max: 59 },
  { name: 'hours', min: 0, max: 23 },
  { name: 'days', min: 1, max: 31, any: true },
  { name: 'months', min: 1, max: 12, names: MONTHS, first: 1 },
  { name: 'weekdays', min: 0, max: 6, most: 7, names: WEEKDAYS, first: 0, any: true },
];

/**
 * A cron expression of 5 or 6 fields as the values that each field allows, in order. A day must match both the day of
 * the month and the weekday, as in the service. Null: not a cron expression, or one that this console does not support
 * (`L`, `W`, `#`).
 *
 * @returns {Record<'seconds' | 'minutes' | 'hours' | 'days' | 'months' | 'weekdays', number[]> | null}
 */
export function parseCron(text) {
  const given = text.trim().split(/\s+/);
  const parts = given.length === 5 ? ['0', ...given] : given;
  if (parts.length !== FIELDS.length) return null;
  const fields = FIELDS.map((field, at) => [field.name, valuesOf(parts[at], field)]);
  return fields.every(([, values]) => values) ? Object.fromEntries(fields) : null;
}

/** Whether the expression uses syntax that only the service supports. */
export function isSpecial(text) {
  return /(?:^|[\s,])(?:\d{1,2}W|LW?|L-\d+|[0-7]L|[0-7]#[1-5])(?=[\s,]|$)/i.test(text);
}

function valuesOf(part, field) {
  const text = field.any && part === '?' ? '*' : part;
  const values = text.split(',').map((item) => itemOf(item, field));
  if (values.includes(null)) return null;
  return [...new Set(values.flat())].sort((one, other) => one - other);
}

/** `5`, `1-5`, `22-3`, `*`; all but the first also with a step. */
function itemOf(item, field) {
  const { min, max, most = max } = field;
  const [, first, last, step = '1'] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,2}))?$/.exec(item) ?? [];
  if (first === undefined || Number(step) === 0 || (first === '*' && last)) return null;
  if (item.includes('/') && first !== '*' && !last) return null;
  const from = first === '*' ? min : numberOf(first, field);
  const to = first === '*' ? max : numberOf(last ?? first, field);
  if (![from, to].every((value) => value >= min && value <= most)) return null;
  const count = from <= to ? to - from : to - from + (max - min + 1);
  const all = Array.from({ length: count + 1 }, (_, at) => from + at).filter(
    (_, at) => at % Number(step) === 0,
  );
  // Values beyond the maximum wrap around; 7 is Sunday, like 0.
  return all.map((value) => (value > max ? min + ((value - min) % (max - min + 1)) : value));
}

/** NaN: not a number or name. */
function numberOf(text, { names, first }) {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const at = /^[a-z]{3,9}$/i.test(text) ? (names ?? []).indexOf(text.slice(0, 3).toLowerCase()) : -1;
  return at < 0 ? Number.NaN : at + first;
}

/** The first moment after this one that matches the expression; null: there is none. */
export function nextDue(cron, after) {
  const midnight = Math.floor(after.getTime() / DAY_MS) * DAY_MS;
  for (let day = 0; day < DAYS_AHEAD; day += 1) {
    const start = midnight + day * DAY_MS;
    if (!suits(cron, new Date(start))) continue;
    const due = firstOf(cron, start, after.getTime());
    if (due !== null) return new Date(due);
  }
  return null;
}

function suits({ days, months, weekdays }, date) {
  return (
    months.includes(date.getUTCMonth() + 1) &&
    days.includes(date.getUTCDate()) &&
    weekdays.includes(date.getUTCDay())
  );
}

/** The first matching moment of a day after `after`. */
function firstOf({ hours, minutes, seconds }, start, after) {
  for (const hour of hours) {
    if (start + (hour + 1) * 3_600_000 <= after) continue;
    for (const minute of minutes)
      for (const second of seconds) {
        const at = start + ((hour * 60 + minute) * 60 + second) * 1000;
        if (at > after) return at;
      }
  }
  return null;
}
