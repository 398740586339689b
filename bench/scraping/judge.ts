import { exactly, type Finding, said } from '../finding.js';
import { archive, type Expected, type ExpectedMessage } from './archive.js';
import type { Scraper, ToldRun } from './scraper.js';
import { checksumOf, type Stored, textOf } from './stored.js';

/** A line of a month's file: the fields checked here. */
interface Line {
  readonly id: number;
  readonly date: string;
  readonly text: string;
  readonly file: {
    readonly path: string | null;
    readonly size_bytes: number;
    readonly sha256: string | null;
    readonly state: string;
  } | null;
}

/** A file as the API returns it. */
interface ToldFile {
  readonly message_id: number;
  readonly path: string | null;
  readonly sha256: string | null;
  readonly state: string;
}

interface ToldSource {
  readonly total_messages_scraped: number;
  readonly total_files_downloaded: number;
}

const MONTH = /\/messages\/\d{4}-\d{2}\.jsonl$/;
const MARK = /\/\.telegate-source$/;

/** What is stored of channels, in numbers. */
export interface Tally {
  readonly messages: number;
  readonly wantedMessages: number;
  /** Duplicate or unknown ones. */
  readonly surplusMessages: number;
  readonly outOfOrder: number;
  readonly files: number;
  readonly wantedFiles: number;
  readonly recordedTwice: number;
  readonly storedTwice: number;
  readonly unrecorded: number;
}

/** Checks that every message and file of the archive is stored exactly once, according to the sandbox. */
export async function judgeStored(stored: Stored): Promise<Finding[]> {
  return judgeTallies([await tally(stored, archive())]);
}

/** Checks that every message and file of all these channels is stored exactly once. */
export function judgeTallies(tallies: readonly Tally[]): Finding[] {
  const sum = (field: keyof Tally) => tallies.reduce((total, one) => total + one[field], 0);
  return [
    exactly('messages stored as in the sandbox', sum('messages'), sum('wantedMessages')),
    exactly('duplicate or unknown messages', sum('surplusMessages'), 0),
    exactly('messages out of order', sum('outOfOrder'), 0),
    exactly("files stored, with the sandbox's checksum", sum('files'), sum('wantedFiles')),
    exactly('files recorded as stored more than once', sum('recordedTwice'), 0),
    exactly('contents stored twice', sum('storedTwice'), 0),
    exactly('unrecorded files', sum('unrecorded'), 0),
  ];
}

/** What is stored of one channel, which has `expected` according to the sandbox. */
export async function tally(stored: Stored, expected: Expected): Promise<Tally> {
  const paths = await stored.paths();
  const lines = await linesIn(stored, paths.filter((path) => MONTH.test(path)).sort());
  return { ...tallyMessages(lines, expected), ...(await tallyFiles(stored, { paths, lines, expected })) };
}

/** Checks that the service's own records agree. */
export async function judgeRecord(scraper: Scraper, sourceId: number, run: ToldRun): Promise<Finding[]> {
  const { messages, files: wanted } = archive();
  const files = await scraper.all<ToldFile>(`/runs/${run.id}/files`);
  const expected = new Map(messages.map(({ id, file }) => [id, file?.sha256]));
  const right = files.filter(
    ({ message_id, sha256 }) => sha256 !== null && expected.get(message_id) === sha256,
  );
  const source = await scraper.ask<ToldSource>('GET', `/sources/${sourceId}`);
  const totals = `${source.total_messages_scraped} messages, ${source.total_files_downloaded} files`;
  return [
    exactly(
      'files recorded, by message and checksum',
      new Set(right.map((file) => file.message_id)).size,
      wanted,
    ),
    exactly('files recorded twice or wrongly', files.length - wanted, 0),
    said('totals of the source', totals, `${messages.length} messages, ${wanted} files`),
    exactly('messages counted by the run', run.messages_stored, messages.length),
  ];
}

function tallyMessages(lines: readonly Line[], { messages }: Expected) {
  const seen = new Map(lines.map((line) => [line.id, line]));
  const right = messages.filter((message) => isSame(message, seen.get(message.id))).length;
  return {
    messages: right,
    wantedMessages: messages.length,
    surplusMessages: lines.length - right,
    outOfOrder: lines.filter(({ id }, at) => id <= (lines[at - 1]?.id ?? 0)).length,
  };
}

function isSame({ date, text, file }: ExpectedMessage, line: Line | undefined): boolean {
  if (line?.date !== date || line.text !== text) return false;
  return file === null
    ? line.file === null
    : line.file?.sha256 === file.sha256 && line.file.size_bytes === file.bytes;
}

interface Found {
  readonly paths: readonly string[];
  readonly lines: readonly Line[];
  readonly expected: Expected;
}

/** The files that exist, by content, whatever was recorded of them. */
async function tallyFiles(stored: Stored, { paths, lines, expected }: Found) {
  const contents = new Map<string, string>();
  for (const path of paths) {
    if (!MONTH.test(path) && !MARK.test(path)) contents.set(path, await checksumOf(stored, path));
  }
  const named = lines.flatMap(({ file }) => file ?? []);
  const kept = named.filter(({ state }) => state === 'stored');
  const right = named.filter(({ path, sha256 }) => path !== null && contents.get(path) === sha256);
  const keptPaths = new Set(kept.map(({ path }) => path));
  return {
    files: right.length,
    wantedFiles: expected.files,
    recordedTwice: kept.length - keptPaths.size,
    storedTwice: contents.size - new Set(contents.values()).size,
    unrecorded: [...contents.keys()].filter((path) => !keptPaths.has(path)).length,
  };
}

async function linesIn(stored: Stored, months: readonly string[]): Promise<Line[]> {
  const lines: Line[] = [];
  for (const month of months) {
    const text = await textOf(stored, month);
    if (text !== '' && !text.endsWith('\n')) throw new Error(`${month} ends within a line`);
    lines.push(
      ...text
        .split('\n')
        .slice(0, -1)
        .map((line): Line => JSON.parse(line)),
    );
  }
  return lines;
}
