import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Command } from 'commander';
import { maxJsonBytes, readJsonSession } from '../intake/formats/json_file.js';
import { type Context, type ServiceOptions, withService, withServiceOptions } from './context.js';
import { EXIT, Incomplete } from './exit_codes.js';
import { failureOf } from './failures.js';
import { wholeNumber } from './lists.js';
import { bar, fitting, LiveScreen } from './live_screen.js';
import { printJson } from './print.js';
import { type Fields, fieldsOf } from './service.js';
import { paintFor, plain, type Style } from './text.js';

const BAR_COLUMNS = 30;

/** How many files are imported at once. */
const USUAL_PARALLEL = 4;

interface ImportOptions extends ServiceOptions {
  readonly parallel: number;
}

/** What became of a file. */
interface Result {
  readonly file: string;
  readonly result: 'imported' | 'known' | 'refused' | 'not tried';
  readonly session_id: unknown;
  /** Why it was not imported. */
  readonly reason: string | null;
}

const STYLES: Readonly<Record<Result['result'], Style>> = {
  imported: 'green',
  known: 'dim',
  refused: 'red',
  'not tried': 'yellow',
};

/** `telegate sessions import`: uploads session files. */
export function importCommand(): Command {
  return withServiceOptions(new Command('import'))
    .description('upload .session files of Telethon or Pyrogram; Telegram is asked whose each is')
    .argument('<files...>', 'each becomes a session of its name; a JSON file of the same name completes it')
    .option('--parallel <count>', 'how many at once', wholeNumber(1), USUAL_PARALLEL)
    .action((files: string[], options: ImportOptions) =>
      withService(options, (context) => importFiles(context, files, options.parallel)),
    );
}

/**
 * Uploads the files, and prints what became of each. On Ctrl-C, those under way are finished first.
 * @throws Incomplete if some were not imported; the error that would be every file's: Unreachable, no right to do it.
 */
async function importFiles(context: Context, files: readonly string[], parallel: number): Promise<void> {
  const { signal } = context;
  const report = reporter(context, files.length);
  const told = () => report.note('Interrupted: finishing the files under way. Ctrl-C again ends at once.');
  signal.addEventListener('abort', told, { once: true });
  const waiting = [...files];
  let fatal: unknown = null;
  const work = async () => {
    while (fatal === null && !signal.aborted) {
      const file = waiting.shift();
      if (file === undefined) return;
      try {
        report.add(await importFile(context, file));
      } catch (error) {
        fatal ??= error;
        waiting.unshift(file);
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  for (const file of waiting) report.add({ file, result: 'not tried', session_id: null, reason: null });
  report.end();
  if (fatal !== null) throw fatal;
  signal.throwIfAborted();
  if (report.failed > 0) throw new Incomplete(`${report.failed} files were not imported`);
}

/** Uploads one file. @throws Unreachable, ServiceError: what concerns every file. */
async function importFile({ service }: Context, file: string): Promise<Result> {
  const none = { file, session_id: null };
  const name = basename(file, '.session');
  if (name === basename(file))
    return { ...none, result: 'refused', reason: 'its name does not end in .session' };
  try {
    const form = new FormData();
    form.set('session_file', new Blob([await readFile(file)]), basename(file));
    for (const [field, value] of Object.entries({ session_name: name, ...(await applicationOf(file)) }))
      form.set(field, String(value));
    // Ctrl-C lets it finish: whether it was imported would be unknown otherwise.
    const whole = new AbortController().signal;
    const { body } = await service.ask('POST', '/sessions/upload-file', { body: form }, whole);
    const { id } = fieldsOf(body);
    return { file, result: 'imported', session_id: id, reason: null };
  } catch (error) {
    return refusal(file, error);
  }
}

function refusal(file: string, error: unknown): Result {
  const failure = failureOf(error);
  const none = { file, session_id: null };
  if (failure === null) {
    if (error instanceof Error && 'syscall' in error)
      return { ...none, result: 'refused', reason: error.message };
    throw error;
  }
  const { exitCode, code, message } = failure;
  if (exitCode === EXIT.unreachable || exitCode === EXIT.unauthorised) throw error;
  return { ...none, result: code === 'auth_key_taken' ? 'known' : 'refused', reason: message };
}

/** The application in the JSON file beside a session file, if there is one. */
async function applicationOf(file: string): Promise<Fields> {
  const path = join(dirname(file), `${basename(file, '.session')}.json`);
  const bytes = await readFile(path).catch(() => null);
  if (bytes === null || bytes.length > maxJsonBytes) return {};
  const { apiId: api_id = null, apiHash: api_hash = null } = readJsonSession(bytes) ?? {};
  return api_id === null || api_hash === null ? {} : { api_id, api_hash };
}

interface Reporter {
  readonly add: (result: Result) => void;
  /** Says something in between. */
  readonly note: (text: string) => void;
  readonly end: () => void;
  /** How many files were neither imported nor known. */
  readonly failed: number;
}

/** Prints a line a file, and below them, on a terminal, how far it is. */
function reporter({ json, out, notes }: Context, total: number): Reporter {
  const counts = { imported: 0, known: 0, refused: 0, 'not tried': 0 };
  const live = !json && out.isTTY === true ? new LiveScreen(out) : null;
  const paint = paintFor(out);
  const progress = () => {
    const done = counts.imported + counts.known + counts.refused;
    return fitting(out, `${bar(done / total, BAR_COLUMNS)}  ${done} of ${total}`);
  };
  const summary = () =>
    Object.entries(counts)
      .flatMap(([result, count]) => (count > 0 ? [`${count} ${result}`] : []))
      .join(', ');
  live?.draw([progress()]);
  return {
    add(result) {
      counts[result.result] += 1;
      if (json) return printJson(out, result);
      const told = result.reason ?? (result.session_id === null ? '' : `session ${plain(result.session_id)}`);
      const word = result.result.padEnd(9);
      if (live === null) return out.write(`${result.result}\t${plain(result.file)}\t${plain(told)}\n`);
      const line = fitting(out, `${word}  ${plain(result.file)}  ${plain(told)}`);
      live.draw([progress()], [paint(STYLES[result.result], line)]);
    },
    note(text) {
      if (live === null) notes.write(`${text}\n`);
      else live.draw([progress()], [fitting(out, text)]);
    },
    end() {
      live?.draw([]);
      if (!json) notes.write(`${summary()}\n`);
    },
    get failed() {
      return counts.refused + counts['not tried'];
    },
  };
}
