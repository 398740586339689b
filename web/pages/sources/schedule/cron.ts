import { Cron } from 'croner';
import cronstrue from 'cronstrue';
import 'cronstrue/locales/ru';

/** The service wants both the day of the month and the weekday to match, and its times are UTC. */
const AS_THE_SERVICE = { paused: true, timezone: 'UTC', domAndDow: true, mode: '5-or-6-parts' } as const;

/** The last value of each field: seconds, minutes, hours, days, months, weekdays; and the first. */
const LAST = [59, 59, 23, 31, 12, 6];
const FIRST = [0, 0, 0, 1, 1, 0];

/** What a schedule means: `At 03:00, only on Monday`; null: it is no cron expression. */
export function cronWords(text: string, language: string): string | null {
  if (!parsed(text)) return null;
  return cronstrue.toString(text, {
    locale: language,
    use24HourTimeFormat: true,
    logicalAndDayFields: true,
    throwExceptionOnParseError: false,
  });
}

/** The next moments at which the schedule is due, soonest first; none if it is no cron expression, or never due. */
export function nextTimes(text: string, count: number, after: Date): Date[] {
  return parsed(text)?.nextRuns(count, after) ?? [];
}

function parsed(text: string): Cron | null {
  try {
    return new Cron(unwrapped(text), AS_THE_SERVICE);
  } catch {
    return null;
  }
}

/** The library knows no range that goes on at the beginning, `22-3`: it is two, `22-23,0-3`. */
function unwrapped(text: string): string {
  const fields = text.trim().split(/\s+/);
  return fields
    .map((field, index) => {
      const nth = index + LAST.length - fields.length;
      return field.replace(/(?<![\w-])(\d+)-(\d+)(?![\w/-])/g, (range, from, to) =>
        Number(from) > Number(to) ? `${from}-${LAST[nth]},${FIRST[nth]}-${to}` : range,
      );
    })
    .join(' ');
}
