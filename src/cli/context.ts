import type { Command } from 'commander';
import { readEnvironment } from '../environment.js';
import { EXIT, interruptible } from './exit_codes.js';
import { type Column, printJson, printRecord } from './print.js';
import { type Fields, Service } from './service.js';
import type { Stream } from './text.js';

/** The options of every command that asks a running service. */
export interface ServiceOptions {
  readonly json?: true;
  readonly url?: string;
}

/** What a command that asks a running service works with. */
export interface Context {
  readonly service: Service;
  /** Whether results are printed as JSON. */
  readonly json: boolean;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** For results. */
  readonly out: Stream;
  /** For everything else: hints, progress, questions. */
  readonly notes: Stream;
}

/** Adds `--json`, which every command that prints a result has. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print the result as one line of JSON');
}

/** Adds the options of every command that asks a running service. */
export function withServiceOptions(command: Command): Command {
  return withJson(command).option(
    '--url <url>',
    'the service; default: TELEGATE_URL, else port PORT of this machine',
  );
}

/** Runs the action with the service of these options, until Ctrl-C. @throws UsageError for a wrong URL. */
export function withService(
  { json, url }: ServiceOptions,
  action: (context: Context) => Promise<void>,
): Promise<void> {
  const { TELEGATE_URL, TELEGATE_API_KEY, PORT } = readEnvironment();
  const key = TELEGATE_API_KEY?.trim();
  const port = /^[1-9]\d{0,4}$/.test(PORT ?? '') ? PORT : '8000';
  endWithReader();
  const service = new Service(url || TELEGATE_URL?.trim() || `http://127.0.0.1:${port}`, key || null);
  return interruptible((signal) =>
    action({ service, json: json === true, signal, out: process.stdout, notes: process.stderr }),
  );
}

/** Has `telegate … | head` end without a word. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.failed),
  );
}

/** Prints one object: as JSON, or these fields of it. */
export function showRecord({ json, out }: Context, columns: readonly Column[], body: Fields): void {
  if (json) printJson(out, body);
  else printRecord(out, columns, body);
}

/** Prints what was done: as JSON, or in these words. */
export function showDone({ json, out }: Context, body: unknown, words: string): void {
  if (json) printJson(out, body);
  else out.write(`${words}\n`);
}

/** The options as parameters of the API: `--flood-wait` is `flood_wait`. */
export function parametersOf(options: Fields): Fields {
  const { json: _, url: __, yes: ___, ...rest } = options;
  const named = Object.entries(rest).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  return Object.fromEntries(named);
}
