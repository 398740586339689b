import type { Run, RunLogEntry } from '../runs/store.js';
import { directoryOf } from '../scraping/sinks/layout.js';
import type { Source } from '../sources/store.js';

/** What the log of a run says about its sessions. */
export interface RunCounters {
  /** The sessions, or the bot, that it read with. */
  readonly readers: readonly string[];
  readonly floodWaits: number;
  /** All of them together, in seconds; not each was slept through. */
  readonly floodSeconds: number;
}

const READS_WITH = /^reads with (.+)$|^(.+) reads as well; /;
const FLOOD = /: Telegram asks to wait (\d+) seconds/;

/** Counts in the log of a run. */
export function countInLog(entries: readonly Pick<RunLogEntry, 'message'>[]): RunCounters {
  const readers = new Set<string>();
  let floodWaits = 0;
  let floodSeconds = 0;
  for (const { message } of entries) {
    const [, own, extra] = READS_WITH.exec(message) ?? [];
    const reader = own ?? extra;
    if (reader !== undefined) readers.add(reader);
    const [, seconds] = FLOOD.exec(message) ?? [];
    if (seconds === undefined) continue;
    floodWaits += 1;
    floodSeconds += Number(seconds);
  }
  return { readers: [...readers], floodWaits, floodSeconds };
}

/** How much of a run is done, in percent, with one decimal; null: unknown. */
export function percentDone(run: Run): number | null {
  if (run.state === 'completed') return 100;
  const total = messagesToRead(run);
  if (total === null) return null;
  if (total <= 0) return 0;
  return Math.min(100, Math.round((run.messagesRead / total) * 1000) / 10);
}

/** How far a run is, in words. */
export function progressText(run: Run): string {
  const total = messagesToRead(run);
  const readers = run.sessions?.length ?? 0;
  const together = readers > 1 ? `, by ${readers} sessions` : '';
  return `${total === null ? '' : `${grouped(run.messagesRead)} of `}${counted(total ?? run.messagesRead, 'message')} read${together}`;
}

/** What a run did, in a few words. */
export function resultText({ messagesStored, filesDone }: Run): string {
  return `${counted(messagesStored, 'new message')}, ${counted(filesDone, 'file')}`;
}

/** A run that has ended, as a page of Markdown for Prefect's interface. */
export function runSummary(run: Run, source: Source | null, counters: RunCounters): string {
  const { error, state, messagesStored, messagesRead, filesDone, filesSkipped, filesFound, bytesDone } = run;
  const rows: readonly (readonly [string, string])[] = [
    ['Result', error === null ? state : `${state}: ${error}`],
    ['Messages', `${grouped(messagesStored)} stored of ${grouped(messagesRead)} read${restOf(run)}`],
    [
      'Files',
      `${grouped(filesDone)} stored, ${grouped(filesSkipped)} skipped of ${grouped(filesFound)} found`,
    ],
    ['Bytes', `${grouped(bytesDone)}${bytesDone < 1000 ? '' : ` (${sizeOf(bytesDone)})`}`],
    ['Sessions used', counters.readers.join(', ') || 'none'],
    ['Flood waits', counters.floodWaits === 0 ? 'none' : floodsOf(counters)],
    ['Target', source === null ? 'its source is gone' : `${source.target}: ${directoryOf(source)}`],
  ];
  const lines = rows.map(([name, value]) => `| ${name} | ${cell(value)} |`);
  const name = source === null ? `Source ${run.sourceId}` : `${source.name} (${source.identifier})`;
  return [`# ${plain(name)}, run ${run.id}`, '', '| | |', '|---|---|', ...lines, ''].join('\n');
}

/** Null: unknown. */
function messagesToRead({ totalMessages, limit }: Run): number | null {
  return totalMessages === null ? null : Math.min(totalMessages, limit ?? Number.POSITIVE_INFINITY);
}

/** Of the messages that there are, or that were asked for. */
function restOf(run: Run): string {
  const total = messagesToRead(run);
  const rest = total === null || total <= run.messagesRead ? '' : `; ${grouped(total)} to read`;
  return `${rest}${run.limit === null ? '' : `, limited to ${grouped(run.limit)}`}`;
}

function floodsOf({ floodWaits, floodSeconds }: RunCounters): string {
  return `${floodWaits} (${floodSeconds} seconds in all)`;
}

const NUMBER = new Intl.NumberFormat('en-US');
const SIZE = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

function grouped(count: number): string {
  return NUMBER.format(count);
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function sizeOf(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  return `${SIZE.format(bytes / 1000 ** power)} ${UNITS[power]}`;
}

/** Names come from users and from Telegram: they are text, not Markdown. */
function cell(text: string): string {
  return plain(text).replace(/\|/g, '\\|');
}

function plain(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_[\]<>]/g, (sign) => `\\${sign}`);
}
