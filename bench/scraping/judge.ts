import { exactly, type Finding, said } from '../finding.js';
import { archive, type ExpectedMessage } from './archive.js';
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

/** Checks that every message and file of the archive is stored exactly once, according to the sandbox. */
export async function judgeStored(stored: Stored): Promise<Finding[]> {
  const paths = await stored.paths();
  const lines = await linesIn(stored, paths.filter((path) => MONTH.test(path)).sort());
  return [...judgeMessages(lines), ...(await judgeFiles(stored, paths, lines))];
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

function judgeMessages(lines: readonly Line[]): Finding[] {
  const { messages } = archive();
  const seen = new Map(lines.map((line) => [line.id, line]));
  const outOfOrder = lines.filter(({ id }, at) => id <= (lines[at - 1]?.id ?? 0)).length;
  const stored = messages.filter((message) => isSame(message, seen.get(message.id)));
  return [
    exactly('messages stored as in the sandbox', stored.length, messages.length),
    exactly('duplicate or unknown messages', lines.length - stored.length, 0),
    exactly('messages out of order', outOfOrder, 0),
  ];
}

function isSame({ date, text, file }: ExpectedMessage, line: Line | undefined): boolean {
  if (line?.date !== date || line.text !== text) return false;
  return file === null
    ? line.file === null
    : line.file?.sha256 === file.sha256 && line.file.size_bytes === file.bytes;
}

/** The files that exist, by content, whatever was recorded of them. */
async function judgeFiles(
  stored: Stored,
  paths: readonly string[],
  lines: readonly Line[],
): Promise<Finding[]> {
  const { files: wanted } = archive();
  const contents = new Map<string, string>();
  for (const path of paths) {
    if (!MONTH.test(path) && !MARK.test(path)) contents.set(path, await checksumOf(stored, path));
  }
  const named = lines.flatMap(({ file }) => file ?? []);
  const kept = named.filter(({ state }) => state === 'stored');
  const right = named.filter(({ path, sha256 }) => path !== null && contents.get(path) === sha256);
  const keptPaths = new Set(kept.map(({ path }) => path));
  const leftOver = [...contents.keys()].filter((path) => !keptPaths.has(path)).length;
  return [
    exactly("files stored, with the sandbox's checksum", right.length, wanted),
    exactly('files recorded as stored more than once', kept.length - keptPaths.size, 0),
    exactly('contents stored twice', contents.size - new Set(contents.values()).size, 0),
    exactly('unrecorded files', leftOver, 0),
  ];
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
