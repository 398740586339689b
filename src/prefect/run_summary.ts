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

const READS_WITH = /^reads with (.+)$/;
const FLOOD = /: Telegram asks to wait (\d+) seconds/;

/** Counts in the log of a run. */
export function countInLog(entries: readonly Pick<RunLogEntry, 'message'>[]): RunCounters {
  const readers = new Set<string>();
  let floodWaits = 0;
  let floodSeconds = 0;
  for (const { message } of entries) {
    const [, reader] = READS_WITH.exec(message) ?? [];
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
  if (run.totalMessages === null) return null;
  const total = Math.min(run.totalMessages, run.limit ?? Number.POSITIVE_INFINITY);
  if (total <= 0) return 0;
  return Math.min(100, Math.round((run.messagesRead / total) * 1000) / 10);
}

/** A run that has ended, as a page of Markdown for Prefect's interface. */
export function runSummary(run: Run, source: Source | null, counters: RunCounters): string {
  const rows: readonly (readonly [string, string])[] = [
    ['Result', run.error === null ? run.state : `${run.state}: ${run.error}`],
    ['Messages', `${run.messagesStored} stored of ${run.messagesRead} read${totalOf(run)}`],
    ['Files', `${run.filesDone} stored, ${run.filesSkipped} skipped of ${run.filesFound} found`],
    ['Bytes', `${run.bytesDone}`],
    ['Sessions used', counters.readers.join(', ') || 'none'],
    ['Flood waits', counters.floodWaits === 0 ? 'none' : floodsOf(counters)],
    ['Target', source === null ? 'its source is gone' : `${source.target}: ${directoryOf(source)}`],
  ];
  const lines = rows.map(([name, value]) => `| ${name} | ${cell(value)} |`);
  const title = `# ${plain(source?.name ?? `Source ${run.sourceId}`)}, run ${run.id}`;
  return [title, '', '| | |', '|---|---|', ...lines, ''].join('\n');
}

function totalOf({ totalMessages, limit }: Run): string {
  const limited = limit === null ? '' : `, limited to ${limit}`;
  return `${totalMessages === null ? '' : `, ${totalMessages} in all`}${limited}`;
}

function floodsOf({ floodWaits, floodSeconds }: RunCounters): string {
  return `${floodWaits} (${floodSeconds} seconds in all)`;
}

/** Names come from users and from Telegram: they are text, not Markdown. */
function cell(text: string): string {
  return plain(text).replace(/\|/g, '\\|');
}

function plain(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_[\]<>]/g, (sign) => `\\${sign}`);
}
