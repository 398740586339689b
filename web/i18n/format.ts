import { useTranslation } from 'react-i18next';

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** Numbers, times and sizes as the language writes them. */
export interface Format {
  number(value: number): string;
  /** `2h 15m`: the two largest units of so many seconds. */
  duration(seconds: number): string;
  /** `3 minutes ago`, `in 2 hours`; `now` in milliseconds. */
  relative(at: string, now: number): string;
  date(at: string): string;
  dateTime(at: string): string;
  /** The time of day, with seconds. */
  time(at: string): string;
  bytes(size: number): string;
  /** `42%` of a share from 0 to 1. */
  percent(share: number): string;
  /** `a, b and c` */
  list(parts: readonly string[]): string;
}

const made = new Map<string, Format>();

/** The formats of the language that is shown. */
export function useFormat(): Format {
  return formatOf(useTranslation().i18n.language);
}

/** The formats of a language. */
export function formatOf(language: string): Format {
  const known = made.get(language) ?? makeFormat(language);
  made.set(language, known);
  return known;
}

function makeFormat(language: string): Format {
  const number = new Intl.NumberFormat(language);
  const percent = new Intl.NumberFormat(language, { style: 'percent' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });
  const list = new Intl.ListFormat(language, { type: 'conjunction' });
  return {
    number: (value) => number.format(value),
    percent: (share) => percent.format(share),
    duration: (seconds) => duration(language, seconds),
    relative(at, now) {
      const seconds = Math.round((Date.parse(at) - now) / 1000);
      const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
      return relative.format(Math.trunc(seconds / size), unit);
    },
    date: (at) => date.format(new Date(at)),
    dateTime: (at) => dateTime.format(new Date(at)),
    time: (at) => time.format(new Date(at)),
    bytes: (size) => bytes(language, size),
    list: (parts) => list.format(parts),
  };
}

function duration(language: string, seconds: number): string {
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    const isShown = count > 0 || (unit === 'second' && parts.length === 0);
    if (isShown && parts.length < 2)
      parts.push(
        new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'narrow' })
          .format(count)
          // A number and its unit stay on one line.
          .replaceAll(' ', '\u00a0'),
      );
    else if (parts.length > 0) break;
  }
  return parts.join(' ');
}

function bytes(language: string, size: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const power = Math.min(3, size < 1 ? 0 : Math.floor(Math.log10(size) / 3));
  const unit = units[power] ?? 'byte';
  const style = {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  } as const;
  return new Intl.NumberFormat(language, style).format(size / 1000 ** power);
}
