import { Cron } from './libraries/croner.js';
import './libraries/cronstrue.js';

/** The service wants both the day of the month and the weekday to suit, and its times are UTC. */
const AS_THE_SERVICE = { paused: true, timezone: 'UTC', domAndDow: true, mode: '5-or-6-parts' };

/** The last value of each field: seconds, minutes, hours, days, months, weekdays; and the first. */
const LAST = [59, 59, 23, 31, 12, 6];
const FIRST = [0, 0, 0, 1, 1, 0];

/** What a schedule means: `At 03:00, only on Monday`; null: it is no cron expression, as far as this console knows. */
export function cronWords(text) {
  if (!parse(text)) return null;
  return globalThis.cronstrue.toString(text, {
    use24HourTimeFormat: true,
    logicalAndDayFields: true,
    throwExceptionOnParseError: false,
  });
}

/** The first moment after this one at which the schedule is due; null: there is none. */
export function nextDue(text, after) {
  return parse(text)?.nextRun(after) ?? null;
}

function parse(text) {
  try {
    return new Cron(unwrapped(text), AS_THE_SERVICE);
  } catch {
    return null;
  }
}

/** The library knows no range that goes on at the beginning, `22-3`: it is two, `22-23,0-3`. */
function unwrapped(text) {
  const fields = text.trim().split(/\s+/);
  return fields
    .map((field, at) => {
      const nth = at + LAST.length - fields.length;
      return field.replace(/(?<![\w-])(\d+)-(\d+)(?![\w/-])/g, (range, from, to) =>
        Number(from) > Number(to) ? `${from}-${LAST[nth]},${FIRST[nth]}-${to}` : range,
      );
    })
    .join(' ');
}
