import { el, NOTHING } from './dom.js';

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clockTime = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const count = new Intl.NumberFormat();

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** An invalidated session is stored as a flood wait until 2099, which means no end. */
const FOREVER = Date.UTC(2098, 0, 1);

/** A number formatted for the browser's locale. */
export function number(value) {
  return count.format(value);
}

/** Parses the format of `next_available`: `YYYY-MM-DD HH:MM:SS`, in UTC. */
export function parseUtc(text) {
  return new Date(`${text.replace(' ', 'T')}Z`);
}

/** `in 3 minutes`, `2 hours ago`. */
export function relativeTo(date, now = Date.now()) {
  const seconds = Math.round((date.getTime() - now) / 1000);
  // At least two of a unit: `in 89 minutes` says more than `in 1 hour`.
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= 2 * size) ?? ['second', 1];
  return relative.format(Math.trunc(seconds / size), unit);
}

/** Seconds in their two largest units that are not zero: `2 h 5 min`. */
export function duration(seconds) {
  const days = Math.floor(seconds / 86_400);
  const parts = [
    [days, days === 1 ? 'day' : 'days'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ].filter(([value]) => value > 0);
  const shown = parts.slice(0, 2).map(([value, unit]) => `${value}\u00a0${unit}`);
  return shown.join(' ') || '0 s';
}

/** Seconds as minutes and seconds: `4:55`. */
export function clock(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** Whether the moment means no end. */
export function isForever(iso) {
  return new Date(iso).getTime() > FOREVER;
}

/** A moment relative to now (`in 5 minutes`), kept up to date while it is on the page. */
export function ago(iso) {
  if (!iso) return NOTHING;
  const date = new Date(iso);
  const attributes = { datetime: date.toISOString(), title: moment.format(date), 'data-relative': true };
  return el('time', attributes, relativeTo(date));
}

/** A moment in local time, with its date. */
export function localMoment(date) {
  return el('time', { datetime: date.toISOString() }, moment.format(date));
}

/** A moment in local time, without its date. */
export function localClock(iso) {
  const date = new Date(iso);
  return el('time', { datetime: iso, title: moment.format(date) }, clockTime.format(date));
}

/** Keeps the relative times on the page up to date. Call it once. */
export function keepTimesTrue() {
  setInterval(() => {
    for (const element of document.querySelectorAll('time[data-relative]')) {
      const text = relativeTo(new Date(element.dateTime));
      if (element.textContent !== text) element.textContent = text;
    }
  }, 1000);
}
