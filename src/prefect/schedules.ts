import { parseSchedule } from '../sources/schedules.js';
import type { DeploymentSchedule } from './api_types.js';

/** A schedule as Prefect has it: cron, an interval or an RRULE. */
export type PrefectSchedule = DeploymentSchedule['schedule'];

/** Prefect's form of our cron expressions. */
export interface PrefectCron {
  readonly cron: string;
  readonly timezone: 'UTC';
  readonly day_or: boolean;
}

const MONTHS = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
];
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** The fields of a cron expression, in Prefect's order, where seconds come last. */
interface Field {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}
const MINUTE: Field = { min: 0, max: 59, names: [] };
const HOUR: Field = { min: 0, max: 23, names: [] };
const DAY: Field = { min: 1, max: 31, names: [] };
const MONTH: Field = { min: 1, max: 12, names: MONTHS };
const WEEKDAY: Field = { min: 0, max: 6, names: DAYS };
const FIELDS = [MINUTE, HOUR, DAY, MONTH, WEEKDAY, MINUTE];

/**
 * One of our schedules as Prefect writes it: seconds last, ranges that wrap as two, and `day_or: false`, since we want
 * both the day of month and the day of week to match. Null: Prefect has no word for it (`L-3`, `15W`).
 */
export function toPrefectCron(expression: string): PrefectCron | null {
  const fields = expression.trim().toLowerCase().split(/\s+/);
  if (fields.length === 6) fields.push(fields.shift() ?? '');
  if (/^0+$/.test(fields[5] ?? '')) fields.pop();
  const parts = fields.map((field, at) => translated(field, FIELDS[at] ?? MINUTE, toPrefectToken));
  if (parts.includes(null)) return null;
  return { cron: parts.join(' '), timezone: 'UTC', day_or: !restrictsBothDays(parts) };
}

/** Why a source's schedule cannot be put in Prefect, in one sentence; null: it can. */
export function scheduleProblem(expression: string | null): string | null {
  if (expression === null || toPrefectCron(expression)) return null;
  return `schedule: Prefect has no word for ${expression}, so the source runs there on demand only`;
}

/** A schedule of Prefect as one of ours; null: we have no word for it, or do not accept it. */
export function fromPrefect(schedule: PrefectSchedule): string | null {
  if (!('cron' in schedule) || !isUtc(schedule.timezone ?? 'UTC')) return null;
  const { cron, day_or: dayOr = true } = schedule;
  const fields = (ALIASES[cron.trim().toLowerCase()] ?? cron.trim().toLowerCase()).split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) return null;
  if (dayOr && restrictsBothDays(fields)) return null;
  const parts = fields.map((field, at) => translated(field, FIELDS[at] ?? MINUTE, fromPrefectToken));
  if (parts.includes(null)) return null;
  if (parts.length === 6) parts.unshift(parts.pop() ?? null);
  try {
    return parseSchedule(parts.join(' '));
  } catch {
    return null;
  }
}

/**
 * Schedules as one text that is equal for equal schedules: one that we can express in the form that we would write, any
 * other as Prefect has it.
 */
export function canonicalSchedules(schedules: readonly PrefectSchedule[]): string {
  const forms = schedules.map((schedule) => {
    const expression = fromPrefect(schedule);
    const form = (expression === null ? null : toPrefectCron(expression)) ?? schedule;
    return JSON.stringify(Object.fromEntries(Object.entries(form).sort()));
  });
  return `[${forms.sort().join(',')}]`;
}

/** The schedules that `canonicalSchedules` wrote, which Prefect takes as they are; none: null. */
export function prefectSchedules(canonical: string | null): PrefectSchedule[] {
  return canonical === null ? [] : (JSON.parse(canonical) as PrefectSchedule[]);
}

/** A canonical schedule as a source has it: an expression of ours (null: none), or Prefect's own, in words. */
export type SourceSchedule =
  | { readonly kind: 'ours'; readonly expression: string | null }
  | { readonly kind: 'foreign'; readonly words: string };

/** What a source says of the schedule that its deployment has. */
export function sourceSchedule(canonical: string | null): SourceSchedule {
  const schedules = prefectSchedules(canonical);
  const [first] = schedules;
  if (!first) return { kind: 'ours', expression: null };
  const expression = schedules.length === 1 ? fromPrefect(first) : null;
  if (expression !== null) return { kind: 'ours', expression };
  return { kind: 'foreign', words: schedules.map(inWords).join('; ') };
}

function inWords(schedule: PrefectSchedule): string {
  const zone = schedule.timezone ? ` (${schedule.timezone})` : '';
  if ('rrule' in schedule) return `RRULE ${schedule.rrule.trim().replace(/\s+/g, ' ')}${zone}`;
  if ('interval' in schedule) return `every ${duration(schedule.interval)}${zone}`;
  return `cron ${schedule.cron}${schedule.day_or === false ? ' on days that match both fields' : ''}${zone}`;
}

function isUtc(timezone: string): boolean {
  return /^((etc\/)?(utc|gmt|uct|zulu|universal|greenwich)|utc[+-]0+)$/i.test(timezone);
}

const ALIASES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

type TranslateToken = (token: string, field: Field) => string | null;

/** Every entry of a field's list, translated; null: one can't be. */
function translated(field: string, kind: Field, translate: TranslateToken): string | null {
  const tokens = numbered(field === '?' ? '*' : field, kind).split(',');
  // Prefect refuses a list of these, or takes it for something else.
  if (tokens.length > 1 && tokens.some((token) => /[l#]/.test(token))) return null;
  const translations = tokens.map((token) => translate(token, kind));
  return translations.includes(null) ? null : translations.join(',');
}

/** With the names of months and days as numbers: both sides take only some of them. */
function numbered(field: string, { names, min }: Field): string {
  const replaced = (text: string, name: string, at: number) =>
    text.replace(new RegExp(`${name}|${name.slice(0, 3)}`, 'g'), String(at + min));
  return names.reduce(replaced, field);
}

const toPrefectToken: TranslateToken = (token, field) => {
  // As a day, Prefect takes it for a restriction.
  if (token === '*/1') return '*';
  const lastOf = /^([0-7])l$/.exec(token);
  if (lastOf) return `l${Number(lastOf[1]) % 7}`;
  const nth = /^([0-7])#([1-5])$/.exec(token);
  if (nth) return `${Number(nth[1]) % 7}#${nth[2]}`;
  if (/[lw#]/.test(token)) return token === 'l' ? token : null;
  const [, first, last, step = '1'] = /^(\d+)-(\d+)(?:\/(\d+))?$/.exec(token) ?? [];
  if (first === undefined || last === undefined) return token === '7' && field === WEEKDAY ? '0' : token;
  return range(Number(first), Number(last), Number(step), field);
};

const fromPrefectToken: TranslateToken = (token, field) => {
  const lastOf = /^l([0-7])$/.exec(token);
  if (lastOf) return `${lastOf[1]}L`;
  if (token === 'l') return field === DAY ? 'L' : null;
  const [, first, last] = /^(\d+)-(\d+)/.exec(token) ?? [];
  // Prefect steps through what wraps otherwise than we do, and takes a range of one number for all.
  if (first !== undefined && Number(first) >= Number(last)) return null;
  const [, from, step] = /^(\d+)\/(\d+)$/.exec(token) ?? [];
  if (from !== undefined) return Number(from) < field.max ? `${from}-${field.max}/${step}` : null;
  return token;
};

/** Prefect takes a range of one number for all, so that is written as the number; one that wraps, as two or as a list. */
function range(first: number, last: number, step: number, { min, max }: Field): string {
  if (first === last) return String(first);
  if (first < last && last <= max) return step === 1 ? `${first}-${last}` : `${first}-${last}/${step}`;
  if (step === 1 && first > last) return [run(first, max), run(min, last)].join(',');
  const size = max - min + 1;
  const span = first < last ? last - first : last - first + size;
  const values = new Set<number>();
  for (let offset = 0; offset <= span; offset += step) values.add(((first + offset - min) % size) + min);
  return [...values].join(',');
}

function run(first: number, last: number): string {
  return first === last ? String(first) : `${first}-${last}`;
}

/** Whether an expression, in Prefect's order, restricts both the day of month and the day of week. */
function restrictsBothDays([, , day, , weekday]: readonly (string | null)[]): boolean {
  const isFree = (field: string | null | undefined) => field === '*' || field === '?';
  return !isFree(day) && !isFree(weekday);
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

function duration(seconds: number): string {
  let left = Math.round(seconds);
  const words: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) words.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return words.join(' ') || `${seconds} seconds`;
}
