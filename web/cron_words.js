import { parseCron } from './cron.js';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** More times per day than this are described by a rule instead of being listed. */
const MOST_TIMES = 4;

/** A schedule in words: `Every Monday at 03:00`; null if this console does not support the expression. */
export function cronWords(text) {
  const cron = parseCron(text);
  if (!cron) return null;
  const times = clockTimes(cron);
  const days = daysOf(cron);
  const said = times ? `${days || 'every day'} at ${times}` : [rhythm(cron), days].filter(Boolean).join(', ');
  return said[0].toUpperCase() + said.slice(1);
}

/** `03:00 and 15:00`; null if there are many, or if they are evenly spaced. */
function clockTimes({ hours, minutes, seconds }) {
  const many = hours.length * minutes.length * seconds.length > MOST_TIMES;
  if (many || (hours.length > 2 && every(hours, 24, 'hour'))) return null;
  const withSeconds = !isZero(seconds);
  const times = hours.flatMap((hour) =>
    minutes.flatMap((minute) =>
      seconds.map((second) => [hour, minute, ...(withSeconds ? [second] : [])].map(twoDigits).join(':')),
    ),
  );
  return list(times);
}

/** `every 15 minutes`, `every 6 hours`, and irregular patterns. */
function rhythm({ hours, minutes, seconds }) {
  const [evenHours, evenMinutes] = [every(hours, 24, 'hour'), every(minutes, 60, 'minute')];
  const hour = evenHours ?? `in the hours ${ranges(hours)}`;
  const minute = !(isZero(minutes) && isZero(seconds)) && (evenMinutes ?? atOf('minute', minutes));
  const second = !isZero(seconds) && (every(seconds, 60, 'second') ?? atOf('second', seconds));
  if (evenHours && !evenMinutes) return [hour, minute, second].filter(Boolean).join(', ');
  const perSecond = minute === 'every minute' && String(second).startsWith('every');
  const within = hour !== 'every hour' && hour;
  const first = minute || second ? second : 'on the hour';
  return [first, !perSecond && minute, within].filter(Boolean).join(', ');
}

/** `every 6 hours` if the values are evenly spaced and start at 0; else null. */
function every(values, size, unit) {
  const step = size / values.length;
  if (!Number.isInteger(step) || values.length === 1) return null;
  if (!values.every((value, at) => value === at * step)) return null;
  return step === 1 ? `every ${unit}` : `every ${step} ${unit}s`;
}

function atOf(unit, values) {
  return `at ${unit}${values.length > 1 ? 's' : ''} ${ranges(values)}`;
}

/** The days in words; empty: all. */
function daysOf({ days, months, weekdays }) {
  const month = months.length < 12 && `in ${list(named(months, (value) => MONTHS[value - 1]))}`;
  const weekday = weekdays.length < 7 && named(weekdays, (value) => WEEKDAYS[value]);
  const day = days.length < 31 && `on day${days.length > 1 ? 's' : ''} ${ranges(days)} of the month`;
  if (day && weekday) return [day, month, `if that is ${list(weekday, 'or')},`].filter(Boolean).join(' ');
  const week = weekday && `${weekday[0].includes(' to ') ? '' : 'every '}${list(weekday)}`;
  return [day || week || (month && 'every day'), month].filter(Boolean).join(' ');
}

/** Values as ranges: `1 to 5 and 8`. */
function ranges(values) {
  return list(named(values, String));
}

/** The names of the values; three or more in a row are a range. */
function named(values, nameOf) {
  const runs = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last?.at(-1) === value - 1) last.push(value);
    else runs.push([value]);
  }
  return runs.flatMap((run) =>
    run.length > 2 ? [`${nameOf(run[0])} to ${nameOf(run.at(-1))}`] : run.map(nameOf),
  );
}

function list(items, joint = 'and') {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${joint} ${items.at(-1)}`;
}

function isZero(values) {
  return values.length === 1 && values[0] === 0;
}

function twoDigits(value) {
  return String(value).padStart(2, '0');
}
