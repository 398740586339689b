import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { type Context, type ServiceOptions, withService, withServiceOptions } from './context.js';
import { LISTS } from './lists.js';
import { bar, fitting, LiveScreen, sparkline } from './live_screen.js';
import { printJson, tableLines } from './print.js';
import { type Fields, fieldsOf, isAway, ServiceError } from './service.js';
import {
  columnsOf,
  duration,
  type Paint,
  padded,
  paintFor,
  plain,
  type Stream,
  type Style,
  shortestTime,
  shortTime,
  truncated,
  widthOf,
} from './text.js';

/** How often the pool is looked at, in milliseconds. */
const EVERY_MS = 1000;

/** The longest bar, in columns, and the shortest one: without room for that, there is none. */
const MAX_BAR = 30;
const MIN_BAR = 6;

const LABEL_COLUMNS = 11;

/** How much of a remark a bar must make room for, in columns. */
const MAX_REMARK = 48;

/** Terminals of fewer columns are told less. */
const NARROW = 60;

/** Of the history. */
const STEP_SECONDS = 60;

/** `telegate status`: the pool in numbers. */
export function statusCommand(): Command {
  return withServiceOptions(new Command('status'))
    .description('show how many sessions are in each state')
    .option('-w, --watch', 'go on, also while the service restarts, until Ctrl-C')
    .action((options: ServiceOptions & { readonly watch?: true }) =>
      withService(options, async (context) => {
        const { body } = await context.service.ask('GET', '/status', {}, context.signal);
        if (options.watch) return watch(context, fieldsOf(body));
        if (context.json) return printJson(context.out, body);
        const look = lookOf(context.out);
        const lines = [
          ...statusLines(fieldsOf(body), look),
          ...(look.isTTY ? await lastHour(context, look) : []),
        ];
        for (const line of lines) context.out.write(`${line}\n`);
      }),
    );
}

/** What the lines of the pool count, and how they look. */
const LINES: readonly (readonly [field: string, label: string, style: Style | null])[] = [
  ['free', 'free', 'green'],
  ['in_use', 'in use', 'cyan'],
  ['in_floodwait', 'flood wait', 'yellow'],
  ['unavailable', 'unavailable', 'red'],
];

/** What is known of a count beyond the number; `isNarrow`: in few words. */
function remark(field: string, status: Fields, isNarrow: boolean): string {
  if (field === 'in_use' && typeof status.oldest_lease_seconds === 'number')
    return `oldest for ${duration(status.oldest_lease_seconds)}`;
  if (field === 'in_floodwait') {
    const invalid = Number(status.invalidated) > 0 ? [`${status.invalidated} invalidated`] : [];
    const { next_available: at } = status;
    const told = isNarrow ? `next at ${shortestTime(at)}` : `next free at ${shortTime(at)}`;
    const next = at ? [told] : [];
    return [...next, ...invalid].join(', ');
  }
  if (field !== 'unavailable') return '';
  const reasons = Object.entries(fieldsOf(status.unavailable_reasons)).filter(
    ([, count]) => Number(count) > 0,
  );
  return reasons.map(([reason, count]) => `${count} ${reason}`).join(', ');
}

/** The pool in lines of at most `width`; on a terminal with bars, which `paint` colours. */
export function statusLines(status: Fields, { isTTY, width, paint }: Look): string[] {
  const total = Number(status.total);
  const digits = String(total).length;
  const remarks = LINES.map(([field]) => remark(field, status, width < NARROW));
  const room = width - LABEL_COLUMNS - 2 - digits;
  const bars = isTTY ? barColumns(room, Math.max(...remarks.map(columnsOf))) : 0;
  const counts = LINES.map(([field, label, style], at) => {
    const count = Number(status[field]);
    const start = `${padded(label, LABEL_COLUMNS)}  ${padded(String(count), digits, 'right')}`;
    const shown = bars > 0 ? `  ${bar(total === 0 ? 0 : count / total, bars)}` : '';
    const left = room - columnsOf(shown) - 2;
    const told = remarks[at] ?? '';
    const end = told === '' || left < 2 ? '' : `  ${truncated(told, left)}`;
    return `${start}${paint(style, shown)}${end}`;
  });
  const waiting = Number(status.waiting);
  const queue = `${waiting} ${waiting === 1 ? 'request waits' : 'requests wait'} for a session`;
  return [
    `${padded('sessions', LABEL_COLUMNS)}  ${total}`,
    ...counts,
    ...(waiting > 0 ? [truncated(queue, width)] : []),
  ];
}

/** How long bars are in so much room. What is remarked has precedence: a short bar tells as much as a long one. */
function barColumns(room: number, remarked: number): number {
  const beside = room - 2 - (remarked > 0 ? Math.min(remarked, MAX_REMARK) + 2 : 0);
  const columns = Math.min(MAX_BAR, beside);
  return columns >= MIN_BAR ? columns : 0;
}

/** What the pool did in the last hour; nothing if the service does not tell. */
async function lastHour({ service, signal }: Context, look: Look): Promise<string[]> {
  try {
    const { body } = await service.ask('GET', '/status/history', { query: { step: STEP_SECONDS } }, signal);
    return historyLines(fieldsOf(body), look);
  } catch (error) {
    if (error instanceof ServiceError) return [];
    throw error;
  }
}

/** How many sessions were in use, in a line of a column a minute; a gap: the service did not run. */
export function historyLines({ points }: Fields, { width, paint }: Look): string[] {
  const known = (Array.isArray(points) ? points.map(fieldsOf) : []).filter(({ in_use }) => in_use !== null);
  if (known.length === 0) return [];
  const minuteOf = ({ at }: Fields) => Math.round(Date.parse(String(at)) / STEP_SECONDS / 1000);
  const used = new Map(known.map((point) => [minuteOf(point), Number(point.in_use)]));
  const minutes = [...used.keys()];
  const end = `  up to ${Math.max(...used.values())} in use`;
  const room = Math.max(0, width - LABEL_COLUMNS - 2 - columnsOf(end));
  const length = Math.min(room, Math.max(...minutes) - Math.min(...minutes) + 1);
  const first = Math.max(...minutes) - length + 1;
  const values = Array.from({ length }, (_, index) => used.get(first + index) ?? null);
  return [`${padded('last hour', LABEL_COLUMNS)}  ${paint('cyan', sparkline(values))}${end}`];
}

/** How lines are shown. */
interface Look {
  readonly isTTY: boolean;
  readonly width: number;
  readonly paint: Paint;
}

function lookOf(stream: Stream): Look {
  const isTTY = stream.isTTY === true;
  return { isTTY, width: isTTY ? widthOf(stream) - 1 : widthOf(stream), paint: paintFor(stream) };
}

/** Shows the pool again and again: drawn in place on a terminal; elsewhere a line for each change. */
async function watch(context: Context, first: Fields): Promise<void> {
  const { service, signal, json, out } = context;
  const screen = new LiveScreen(out);
  let last = '';
  for (let status: Fields | null = first; ; ) {
    const leases = status && !json && out.isTTY ? await currentLeases(context) : [];
    if (!json && out.isTTY) screen.draw(screenLines(context, status, leases, screen.rows));
    else if (status) {
      const line = json ? status : changeLine(status);
      const { oldest_lease_seconds: _, ...counts } = status;
      const now = Object.values(counts).map(plain).join('\n');
      if (now !== last) json ? printJson(out, line) : out.write(`${line}\n`);
      last = now;
    }
    await delay(EVERY_MS, null, { signal }).catch(() => signal.throwIfAborted());
    status = await service.ask('GET', '/status', {}, signal).then(
      ({ body }) => fieldsOf(body),
      (error: unknown) => {
        if (isAway(error)) return null;
        throw error;
      },
    );
  }
}

/** The leases, the oldest first, as far as the screen is high; none for keys that may not see them. */
async function currentLeases({ service, signal }: Context): Promise<Fields[]> {
  try {
    const { body } = await service.ask('GET', '/leases', { query: { limit: 100 } }, signal);
    return Array.isArray(body) ? body.map(fieldsOf) : [];
  } catch (error) {
    if (isAway(error) || (error instanceof ServiceError && error.status === 403)) return [];
    throw error;
  }
}

function screenLines(
  { out, service }: Context,
  status: Fields | null,
  leases: readonly Fields[],
  rows: number,
): string[] {
  const look = lookOf(out);
  const { paint } = look;
  const head = fitting(out, `TeleGate at ${service.url}   ${new Date().toISOString().slice(11, 19)} UTC`);
  if (status === null) return [paint('bold', head), '', fitting(out, 'It does not answer: trying again.')];
  const top = [paint('bold', head), '', ...statusLines(status, look)];
  return leases.length === 0
    ? top
    : [...top, ...leaseLines(leases, Number(status.in_use), rows - top.length, look)];
}

/** As many leases as there are lines for, and how many more there are. */
function leaseLines(leases: readonly Fields[], total: number, rows: number, look: Look): string[] {
  const table = LISTS.leases.columns.filter(({ title }) => title !== 'lease');
  const [head = '', ...lines] = tableLines(table, leases, look);
  const room = rows - 2;
  const shown = lines.slice(0, total > room ? room - 1 : room);
  const more = Math.max(total, leases.length) - shown.length;
  const rest = more > 0 ? [look.paint('dim', truncated(`and ${more} more leases`, look.width))] : [];
  return room < 2 ? [] : ['', head, ...shown, ...rest];
}

function changeLine(status: Fields): string {
  const counts = [...LINES, ['waiting', 'waiting', null] as const].map(
    ([field, label]) => `${plain(status[field])} ${label}`,
  );
  return `${new Date().toISOString().slice(0, 19)}Z  ${plain(status.total)} sessions: ${counts.join(', ')}`;
}
