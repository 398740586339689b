import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import {
  type Context,
  type ServiceOptions,
  showDone,
  showRecord,
  withService,
  withServiceOptions,
} from './context.js';
import { EXIT, Incomplete, UsageError } from './exit_codes.js';
import { importCommand } from './import.js';
import { LISTS, listCommand, states, times } from './lists.js';
import { loginCommand } from './login.js';
import { SESSION_HELP, sessionIdOf } from './pool.js';
import { type Column, column } from './print.js';
import { confirm } from './prompts.js';
import { type Fields, fieldsOf, ServiceError } from './service.js';
import { paintFor, plain, plainLines, shortTime } from './text.js';

/** `telegate sessions`: the sessions of the pool. */
export function sessionsCommand(): Command {
  return new Command('sessions')
    .description('the sessions of the pool')
    .addCommand(listCommand(LISTS.sessions))
    .addCommand(showCommand())
    .addCommand(importCommand())
    .addCommand(exportCommand())
    .addCommand(testCommand())
    .addCommand(loginCommand())
    .addCommand(deleteCommand());
}

const FIELDS = [
  ...[column('id'), column('name'), states('status'), column('status_reason', 'reason')],
  ...[times('status_until', 'until'), column('is_active', 'active'), column('phone_number', 'phone')],
  ...[states('condition', 'account'), conditionDetail(), health(), column('uses_today', 'uses today')],
  column('max_uses_today', 'of at most'),
  ...[
    column('tags'),
    column('format'),
    column('session_file', 'file'),
    column('proxy'),
    column('api_id', 'api id'),
  ],
  ...[times('last_used_at'), times('last_checked_at'), times('created_at'), times('updated_at')],
];

/** Why an account is limited or frozen, and until when. */
function conditionDetail(): Column {
  const value = ({ condition_detail }: Fields) => {
    const { reason, since, until, appeal_url } = fieldsOf(condition_detail ?? {});
    if (reason === undefined) return '';
    const end = until ? ` until ${shortTime(until)}` : '';
    return `${plain(reason)} since ${shortTime(since)}${end}${appeal_url ? ` ${plain(appeal_url)}` : ''}`;
  };
  return { title: 'account reason', value };
}

/** The health score, and what takes points off. */
function health(): Column {
  const value = ({ health }: Fields) => {
    const { score, reasons = [] } = fieldsOf(health ?? {});
    const lost = (reasons as Fields[]).map(({ reason, points }) => `${plain(reason)} -${plain(points)}`);
    return lost.length === 0 ? plain(score) : `${plain(score)} (${lost.join(', ')})`;
  };
  return { title: 'health', value };
}

function showCommand(): Command {
  return withServiceOptions(new Command('show'))
    .description('show one session')
    .argument('<session>', SESSION_HELP)
    .action((session: string, options: ServiceOptions) =>
      withService(options, async (context) => {
        const id = await sessionIdOf(context, session);
        const { body } = await context.service.ask('GET', `/sessions/${id}`, {}, context.signal);
        showRecord(context, FIELDS, fieldsOf(body));
      }),
    );
}

interface ExportOptions extends ServiceOptions {
  readonly format: string;
  readonly output?: string;
}

function exportCommand(): Command {
  return withServiceOptions(new Command('export'))
    .description('print a session as a string, or save its file; whoever has it can act as the account')
    .argument('<session>', SESSION_HELP)
    .addOption(
      new Option('--format <format>', 'a string of this kind, or a Telethon file')
        .choices(['telethon', 'gramjs', 'pyrogram', 'file'])
        .default('telethon'),
    )
    .option('-o, --output <file>', 'a new file, which only this user can read')
    .action((session: string, options: ExportOptions) =>
      withService(options, (context) => exportSession(context, session, options)),
    );
}

async function exportSession(context: Context, session: string, options: ExportOptions): Promise<void> {
  const { format, output } = options;
  if (format === 'file' && output === undefined)
    throw new UsageError('--format file: name the file with --output.');
  const id = await sessionIdOf(context, session);
  const path = `/sessions/${id}/export`;
  if (format !== 'file') {
    const { body } = await context.service.ask('GET', path, { query: { format } }, context.signal);
    const text = plain(fieldsOf(body).session_string);
    if (output === undefined) return showDone(context, body, text);
    await saved(output, `${text}\n`);
  } else if (output !== undefined) {
    await saved(output, await context.service.download(path, { query: { format } }, context.signal));
  }
  showDone(context, { session_id: id, format, output }, `Session ${id} is in ${output}.`);
}

/** Writes a new file. @throws UsageError if it exists, or cannot be written. */
async function saved(path: string, content: string | Buffer): Promise<void> {
  try {
    await writeFile(path, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw new UsageError(`--output: ${error instanceof Error ? error.message : error}`);
  }
}

function testCommand(): Command {
  return withServiceOptions(new Command('test'))
    .description('ask Telegram whether sessions are valid')
    .argument('<session...>', SESSION_HELP)
    .action((sessions: string[], options: ServiceOptions) =>
      withService(options, (context) => test(context, sessions)),
    );
}

async function test(context: Context, sessions: readonly string[]): Promise<void> {
  const paint = paintFor(context.out);
  let invalid = 0;
  await withEach(context, sessions, async (id, session) => {
    const { body } = await context.service.ask('POST', `/sessions/${id}/test`, {}, context.signal);
    const { is_valid, status, error } = fieldsOf(body);
    if (is_valid !== true) invalid += 1;
    const found = plain(error ?? status);
    const isWell = is_valid === true && status === 'active';
    const told = isWell ? 'valid' : is_valid === true ? `valid, but ${found}` : `not valid: ${found}`;
    const style = isWell ? 'green' : is_valid === true ? 'yellow' : 'red';
    showDone(context, body, `${plain(session)}\t${paint(style, told)}`);
  });
  if (invalid > 0) throw new Incomplete(`${invalid} sessions are not valid`);
}

/**
 * Does it with each of these sessions. Of several, one that is refused does not keep the others from it.
 * @throws Incomplete if some were refused; the error, if there is one session only, or it concerns all.
 */
async function withEach(
  context: Context,
  sessions: readonly string[],
  action: (id: number, session: string) => Promise<void>,
): Promise<void> {
  let refused = 0;
  for (const session of sessions) {
    try {
      await action(await sessionIdOf(context, session), session);
    } catch (error) {
      const isOfOne = error instanceof ServiceError && error.exitCode !== EXIT.unauthorised;
      if (!isOfOne || sessions.length === 1) throw error;
      refused += 1;
      context.notes.write(`${plain(session)}: ${plainLines(error.message)}\n`);
    }
  }
  if (refused > 0) throw new Incomplete(`${refused} sessions were refused`);
}

function deleteCommand(): Command {
  return withServiceOptions(new Command('delete'))
    .description('delete sessions and their files; they stay logged in at Telegram')
    .argument('<session...>', SESSION_HELP)
    .option('-y, --yes', 'without asking')
    .action((sessions: string[], options: ServiceOptions & { readonly yes?: true }) =>
      withService(options, async (context) => {
        const which =
          sessions.length === 1
            ? `session ${plain(sessions[0])} and its file`
            : `${sessions.length} sessions and their files`;
        await confirm(`Delete ${which}?`, options.yes === true, context.signal);
        await withEach(context, sessions, async (id, session) => {
          const { body } = await context.service.ask('DELETE', `/sessions/${id}`, {}, context.signal);
          showDone(context, body, `Session ${plain(session)} is deleted.`);
        });
      }),
    );
}
