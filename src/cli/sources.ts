import { Command, Option } from 'commander';
import { ACCESS_LEVELS, TARGETS } from '../sources/store.js';
import { type Context, type ServiceOptions, showDone, withService, withServiceOptions } from './context.js';
import { LISTS, listCommand, wholeNumber } from './lists.js';
import { sessionIdOf } from './pool.js';
import { confirm } from './prompts.js';
import { followRun } from './runs.js';
import { type Fields, fieldsOf } from './service.js';
import { plain } from './text.js';

/** `telegate sources`: the channels that the service scrapes. */
export function sourcesCommand(): Command {
  return new Command('sources')
    .description('the channels that the service scrapes itself')
    .addCommand(listCommand(LISTS.sources))
    .addCommand(createCommand())
    .addCommand(triggerCommand())
    .addCommand(scheduling('pause', 'inactive', 'stop its schedule; it then runs on demand only'))
    .addCommand(scheduling('resume', 'active', 'start its schedule again'))
    .addCommand(deleteCommand());
}

interface CreateOptions extends ServiceOptions {
  readonly access?: string;
  readonly target: string;
  readonly targetPath?: string;
  readonly session?: string;
  readonly schedule?: string;
  readonly fileTypes?: string;
  readonly title?: string;
  readonly paused?: true;
}

function createCommand(): Command {
  return withServiceOptions(new Command('create'))
    .description('create a source, and start its first run')
    .argument('<name>', 'its name')
    .argument('<channel>', '@name, https://t.me/name, or an id such as -1001234567890')
    .addOption(
      new Option('--access <level>', 'default: private with --session, else public').choices(ACCESS_LEVELS),
    )
    .addOption(new Option('--target <target>', 'where to store').choices(TARGETS).default('LOCAL'))
    .option('--target-path <path>', "below the target's root")
    .option('--session <session>', 'the session that reads it, by its id or name')
    .option('--schedule <cron>', 'when to run, in UTC, such as "0 */6 * * *"')
    .option('--file-types <list>', 'which files to download, such as pdf,jpg; none: ""')
    .option('--title <title>', "the channel's title")
    .option('--paused', 'run on demand only')
    .action((name: string, channel: string, options: CreateOptions) =>
      withService(options, (context) => create(context, name, channel, options)),
    );
}

async function create(
  context: Context,
  name: string,
  channel: string,
  options: CreateOptions,
): Promise<void> {
  const { access, target, targetPath, session, schedule, fileTypes, title, paused } = options;
  const body = {
    ...{ name, identifier: channel, target, target_path: targetPath, schedule, channel_title: title },
    access_level: access ?? (session === undefined ? 'public' : 'private'),
    ...(session !== undefined && { session_id: await sessionIdOf(context, session) }),
    ...(fileTypes !== undefined && { file_types: fileTypes.split(',').filter((type) => type !== '') }),
    ...(paused && { is_active: 'inactive' }),
  };
  const answer = await context.service.ask('POST', '/sources', { body: given(body) }, context.signal);
  const source = fieldsOf(answer.body);
  showDone(context, source, `Source ${source.id} is created: ${plain(source.name)}.`);
}

function given(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A command about one source, by its id. */
function onSource(name: string, description: string): Command {
  return withServiceOptions(new Command(name))
    .description(description)
    .argument('<id>', 'its id, as shown by `sources list`', wholeNumber(1));
}

function triggerCommand(): Command {
  return onSource('trigger', 'run it now')
    .option('--follow', 'follow the run to its end')
    .action((id: number, options: ServiceOptions & { readonly follow?: true }) =>
      withService(options, async (context) => {
        const answer = await context.service.ask('POST', `/sources/${id}/trigger`, {}, context.signal);
        const run = fieldsOf(answer.body).run_id;
        if (options.follow) return followRun(context, Number(run));
        showDone(context, answer.body, `Run ${run} is queued: \`telegate runs follow ${run}\` shows it.`);
      }),
    );
}

function scheduling(name: string, is_active: 'active' | 'inactive', description: string): Command {
  return onSource(name, description).action((id: number, options: ServiceOptions) =>
    withService(options, async (context) => {
      const answer = await context.service.ask(
        'PUT',
        `/sources/${id}`,
        { body: { is_active } },
        context.signal,
      );
      showDone(context, answer.body, `Source ${id} is ${is_active === 'active' ? 'resumed' : 'paused'}.`);
    }),
  );
}

function deleteCommand(): Command {
  return onSource('delete', 'delete it, its schedule and its runs; what it stored is kept')
    .option('-y, --yes', 'without asking')
    .action((id: number, options: ServiceOptions & { readonly yes?: true }) =>
      withService(options, async (context) => {
        await confirm(`Delete source ${id} with its runs?`, options.yes === true, context.signal);
        const answer = await context.service.ask('DELETE', `/sources/${id}`, {}, context.signal);
        showDone(context, answer.body, `Source ${id} is deleted.`);
      }),
    );
}
