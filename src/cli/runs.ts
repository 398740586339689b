import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { systemTime } from '../kernel/clock.js';
import { type Context, type ServiceOptions, withService, withServiceOptions } from './context.js';
import { Incomplete } from './exit_codes.js';
import { LISTS, listCommand, styleOf, wholeNumber } from './lists.js';
import { bar, fitting, LiveScreen } from './live_screen.js';
import { printJson } from './print.js';
import { ProgressLine } from './progress_line.js';
import { type Fields, fieldsOf, isAway } from './service.js';
import { columnsOf, duration, type Paint, paintFor, plain, shortTime, widthOf, wrapped } from './text.js';

/** How often a run is looked at, in milliseconds. */
const EVERY_MS = 1000;

const LOG_PAGE = 1000;

/** The longest bar, in columns, and the shortest one beside the numbers. */
const MAX_BAR = 30;
const MIN_BAR = 10;

/** `telegate runs`: the runs of sources. */
export function runsCommand(): Command {
  const follow = withServiceOptions(new Command('follow'))
    .description('show the log and the progress of a run until it ends')
    .argument('<id>', 'the run, as `sources trigger` and `runs list` name it', wholeNumber(1))
    .action((id: number, options: ServiceOptions) =>
      withService(options, (context) => followRun(context, id)),
    );
  return new Command('runs')
    .description('the runs of sources')
    .addCommand(listCommand(LISTS.runs))
    .addCommand(follow);
}

/**
 * Shows a run until it ends, also while the service restarts.
 * @throws Incomplete if the run failed or was cancelled; ServiceError if there is no such run.
 */
export async function followRun(context: Context, id: number): Promise<void> {
  const { signal } = context;
  const view = viewOf(context);
  let logged: unknown = 0;
  for (let reached = false; ; reached = true) {
    const seen = await look(context, id, logged).catch((error: unknown) => {
      // It was there: the service restarts.
      if (reached && isAway(error)) return null;
      throw error;
    });
    if (seen === null) view.away();
    else {
      logged = seen.log.at(-1)?.id ?? logged;
      view.show(seen);
      if (seen.run.finished_at !== null) return end(seen.run);
    }
    await delay(EVERY_MS, null, { signal }).catch(() => signal.throwIfAborted());
  }
}

function viewOf(context: Context): View {
  if (context.json) return jsonView(context);
  return context.out.isTTY ? screenView(context) : lineView(context);
}

function end({ state }: Fields): void {
  if (state !== 'completed') throw new Incomplete(`the run is ${state}`);
}

/** A run, and the entries of its log that are new; JSON shows none. */
interface Seen {
  readonly run: Fields;
  readonly log: readonly Fields[];
}

async function look({ service, signal, json }: Context, id: number, logged: unknown): Promise<Seen> {
  const run = fieldsOf((await service.ask('GET', `/runs/${id}`, {}, signal)).body);
  const log: Fields[] = [];
  if (json) return { run, log };
  for (;;) {
    const query = { after: log.at(-1)?.id ?? logged, limit: LOG_PAGE };
    const { body } = await service.ask('GET', `/runs/${id}/logs`, { query }, signal);
    const page = Array.isArray(body) ? body.map(fieldsOf) : [];
    log.push(...page);
    if (page.length < LOG_PAGE) return { run, log };
  }
}

interface View {
  readonly show: (seen: Seen) => void;
  readonly away: () => void;
}

/** A line of JSON for each change of the run. */
function jsonView({ out }: Context): View {
  let last = '';
  return {
    show({ run }) {
      const { seconds: _, messages_per_second: __, bytes_per_second: ___, ...rest } = run;
      const now = Object.values(rest).map(plain).join('\n');
      if (now !== last) printJson(out, run);
      last = now;
    },
    away: () => undefined,
  };
}

/** The log above, the progress below it. */
function screenView({ out, service }: Context): View {
  const screen = new LiveScreen(out);
  const paint = paintFor(out);
  const logLines = (log: readonly Fields[]) =>
    log.flatMap((entry) => wrappedLog(entry, widthOf(out) - 1).map((line) => painted(paint, entry, line)));
  return {
    show({ run, log }) {
      const [head = '', ...progress] = progressLines(run, widthOf(out) - 1);
      const state = wrapped(head, widthOf(out) - 1).map((line) => paint(styleOf(run.state), line));
      screen.draw([...state, ...progress], logLines(log));
    },
    away: () => screen.draw([fitting(out, `${service.url} does not answer: trying again`)]),
  };
}

/** The entry in lines that fit: those after the first one begin where its message does. */
function wrappedLog(entry: Fields, columns: number): string[] {
  const head = logLine({ ...entry, message: '' });
  const room = columns - columnsOf(head);
  // So narrow that the time takes most of it.
  if (room < 20) return wrapped(logLine(entry), columns);
  return wrapped(plain(entry.message), room).map(
    (line, at) => (at === 0 ? head : ' '.repeat(head.length)) + line,
  );
}

/** The log, and the progress in a line from time to time. */
function lineView({ out, notes }: Context): View {
  const progress = new ProgressLine(notes, systemTime);
  return {
    show({ run, log }) {
      for (const entry of log) out.write(`${logLine(entry)}\n`);
      const lines = progressLines(run, null);
      if (run.finished_at === null) progress.show(lines.join('; '));
      else out.write(`${lines.join('\n')}\n`);
    },
    away: () => progress.show('The service does not answer: trying again'),
  };
}

function logLine({ at, level, message }: Fields): string {
  return `${shortTime(at)}  ${plain(level).padEnd(7)}  ${plain(message)}`;
}

function painted(paint: Paint, { level }: Fields, line: string): string {
  return paint(level === 'error' ? 'red' : level === 'warning' ? 'yellow' : 'dim', line);
}

/** The state of a run in a line, then its progress: in lines of at most `columns`, with a bar; null: in one, without. */
function progressLines(run: Fields, columns: number | null): string[] {
  const { state, session_name, error, total_messages, messages_read } = run;
  const why = typeof error === 'string' ? `: ${plain(error)}` : '';
  const by = run.finished_at === null && session_name ? ` with ${plain(session_name)}` : '';
  const resumes = run.not_before ? `, resumes at ${shortTime(run.not_before)}` : '';
  const read = Number(messages_read);
  const total = typeof total_messages === 'number' && total_messages > 0 ? total_messages : null;
  const counts = [
    `${read}${total === null ? '' : ` of ${total}`} messages`,
    `${run.files_done} of ${run.files_found} files`,
    bytes(Number(run.bytes_done)),
    `${run.messages_per_second}/s`,
    duration(Number(run.seconds)),
  ];
  const head = `run ${run.id} is ${plain(state)}${by}${resumes}${why}`;
  const share = total === null ? null : percent(read / total);
  const progress = [...(share === null ? [] : [share]), ...counts].join('  ');
  if (columns === null) return [head, progress];
  if (total === null || share === null) return [head, ...wrappedParts(counts, columns)];
  const room = Math.min(MAX_BAR, columns - progress.length - 1);
  if (room >= MIN_BAR) return [head, `${bar(read / total, room)} ${progress}`];
  const alone = Math.max(1, Math.min(MAX_BAR, columns - share.length - 1));
  return [head, `${bar(read / total, alone)} ${share}`, ...wrappedParts(counts, columns)];
}

/** The parts side by side, none of them broken. */
function wrappedParts(parts: readonly string[], columns: number): string[] {
  const whole = parts.map((part) => part.replaceAll(' ', '\u{a0}'));
  return wrapped(whole.join('  '), columns).map((line) => line.replaceAll('\u{a0}', ' ').trimEnd());
}

function percent(share: number): string {
  return `${Math.floor(Math.min(1, share) * 100)} %`;
}

function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return `${Number((count / 1000 ** power).toPrecision(3))} ${units[power]}`;
}
