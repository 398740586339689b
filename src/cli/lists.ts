import { Command, InvalidArgumentError, Option } from 'commander';
import { AUDIT_OUTCOMES } from '../audit/store.js';
import { CONDITIONS } from '../pool/account_condition.js';
import { STATES } from '../pool/states.js';
import { RUN_REASONS, RUN_STATES } from '../runs/store.js';
import { ACCESS_LEVELS, TARGETS } from '../sources/store.js';
import {
  type Context,
  parametersOf,
  type ServiceOptions,
  withService,
  withServiceOptions,
} from './context.js';
import { type Column, column, numbers, printJson, printNote, printTable } from './print.js';
import { type Fields, fieldsOf } from './service.js';
import { duration, plain, type Style, shortestTime, shortTime } from './text.js';

/** The most that the service answers with at once. */
const PAGE = 1000;

const USUAL_LIMIT = 100;

/** A command that lists what one address of the API lists. */
interface List {
  readonly name: string;
  readonly description: string;
  readonly path: string;
  /** The name of each option is the name of a parameter of the API. */
  readonly filters: readonly Option[];
  readonly columns: readonly Column[];
  /** What is said of an empty list. */
  readonly empty: string;
}

const STYLES: Readonly<Record<string, Style>> = {
  ...{ free: 'green', leased: 'cyan', cooldown: 'yellow', flood: 'yellow' },
  ...{ frozen: 'red', limited: 'yellow', used_up: 'yellow', alive: 'green' },
  ...{ invalid: 'red', dead: 'red', duplicate: 'red', missing: 'red', inactive: 'dim' },
  ...{ completed: 'green', running: 'cyan', waiting: 'yellow', deferred: 'yellow', failed: 'red' },
  ...{ cancelled: 'dim', done: 'green', refused: 'yellow' },
};

/** The style of a state of a session or run, or of the outcome of an action. */
export function styleOf(state: unknown): Style | null {
  return STYLES[String(state)] ?? null;
}

/** A column of states. */
export function states(field: string, title?: string): Column {
  return { ...column(field, title), style: (row) => styleOf(row[field]), whole: true };
}

/** A column of times, in UTC. */
export function times(field: string, title = field.replaceAll('_', ' ')): Column {
  return {
    ...{ title, value: (row) => shortTime(row[field]), short: (row) => shortestTime(row[field]) },
    whole: true,
  };
}

function sortedBy(fields: string): Option {
  return new Option('--sort <field>', `sort by this field, such as ${fields}`);
}

/** Every list, by the command that it belongs to. */
export const LISTS = {
  sessions: {
    name: 'list',
    description: 'list the sessions',
    path: '/sessions',
    filters: [
      new Option('--q <text>', 'those whose name, phone number or tag contains this'),
      new Option('--status <state>', 'those in this state').choices(STATES),
      new Option('--condition <condition>', 'those whose account is in this condition').choices(CONDITIONS),
      new Option('--tag <tag...>', 'those that have all of these tags'),
      new Option('--format <format>', 'those whose file is of this format'),
      new Option('--proxy <text>', 'those whose type://host:port contains this; none: without a proxy'),
      sortedBy('name, health or -last_used_at'),
    ],
    columns: [
      numbers('id'),
      column('name'),
      states('status'),
      times('status_until', 'until'),
      states('condition', 'account'),
      {
        ...{ title: 'health', value: ({ health }) => plain(fieldsOf(health ?? {}).score) },
        ...{ align: 'right', whole: true, spare: true },
      },
      { ...column('phone_number', 'phone'), spare: true },
      { ...column('tags'), spare: true },
      { ...times('last_used_at', 'last used'), spare: true },
    ],
    empty: 'No such sessions. Add some with `telegate sessions import FILES…` or `telegate sessions login`.',
  },
  leases: {
    name: 'leases',
    description: 'list the current leases, oldest first unless sorted',
    path: '/leases',
    filters: [
      new Option('--q <text>', "those whose session's name, holder or address contains this"),
      new Option('--holder <key>', 'those of this key, such as key:3'),
      sortedBy('expires_at or -leased_at'),
    ],
    columns: [
      numbers('session_id', 'id'),
      column('session_name', 'session'),
      column('holder'),
      {
        ...{ title: 'held', value: ({ held_seconds }) => duration(Number(held_seconds)) },
        ...{ align: 'right', whole: true },
      },
      times('expires_at', 'expires'),
      { ...column('lease_id', 'lease'), whole: true },
    ],
    empty: 'No session is leased.',
  },
  sources: {
    name: 'list',
    description: 'list the sources',
    path: '/sources',
    filters: [
      new Option('--q <text>', 'those whose name, channel or title contains this'),
      new Option('--state <state>', 'whether it is active, or the state of its newest run').choices([
        'active',
        'inactive',
        ...RUN_STATES,
      ]),
      new Option('--access-level <level>', 'those of this access').choices(ACCESS_LEVELS),
      new Option('--target <target>', 'those that store here').choices(TARGETS),
      new Option('--session-id <id>', 'those that this session reads'),
      sortedBy('name or -last_scraped_at'),
    ],
    columns: [
      numbers('id'),
      column('name'),
      column('identifier', 'channel'),
      { ...column('target'), spare: true },
      { ...column('schedule'), spare: true },
      {
        ...column('is_active', 'schedules'),
        style: ({ is_active }) => (is_active === 'active' ? 'green' : 'dim'),
      },
      { title: 'run', value: ({ last_run }) => fieldsOf(last_run).id, align: 'right' },
      {
        title: 'state',
        value: ({ last_run }) => fieldsOf(last_run).state,
        style: ({ last_run }) => styleOf(fieldsOf(last_run).state),
      },
      numbers('total_messages_scraped', 'messages'),
      { ...numbers('total_files_downloaded', 'files'), spare: true },
    ],
    empty: 'No sources yet. Create one with `telegate sources create NAME CHANNEL`.',
  },
  runs: {
    name: 'list',
    description: 'list the runs of all sources, newest first unless sorted',
    path: '/runs',
    filters: [
      new Option('--q <text>', "those whose source's name or channel, error or session's name contains this"),
      new Option('--state <state...>', 'those in any of these states').choices(RUN_STATES),
      new Option('--reason <reason>', 'those that were started for this').choices(RUN_REASONS),
      new Option('--source-id <id>', 'those of this source'),
      sortedBy('started_at or -bytes_done'),
    ],
    columns: [
      numbers('id'),
      column('source_name', 'source'),
      states('state'),
      { ...column('reason'), spare: true },
      { ...column('session_name', 'session'), spare: true },
      times('started_at', 'started'),
      { ...times('finished_at', 'finished'), spare: true },
      numbers('messages_stored', 'messages'),
      numbers('files_done', 'files'),
      column('error'),
    ],
    empty: 'No such runs.',
  },
  audit: {
    name: 'audit',
    description: 'list the actions of admins, newest first unless sorted',
    path: '/audit',
    filters: [
      new Option('--action <action>', 'only this action, such as session.delete'),
      new Option('--object <object>', 'only this object, such as session:42'),
      new Option('--key <key>', 'only those of this key, such as key:3'),
      new Option('--outcome <outcome>', 'only those that ended like this').choices(AUDIT_OUTCOMES),
      new Option('--q <text>', 'those whose key, action, object, address or request id contains this'),
      sortedBy('at'),
    ],
    columns: [
      times('at'),
      column('key_name', 'key'),
      { ...column('address'), spare: true },
      { ...column('action'), whole: true },
      column('object'),
      states('outcome'),
    ],
    empty: 'No such actions.',
  },
} as const satisfies Readonly<Record<string, List>>;

/** The command of a list. */
export function listCommand({ name, description, path, filters, columns, empty }: List): Command {
  const command = withServiceOptions(new Command(name)).description(description);
  command.option('--limit <count>', 'how many at most, or all', limit, USUAL_LIMIT);
  command.option('--skip <count>', 'how many to leave out first', wholeNumber(0), 0);
  for (const filter of filters) command.addOption(filter);
  return command.action(({ limit: most, skip, ...options }: ListOptions) =>
    withService(options, async (context) => {
      const { rows, total } = await pages(context, path, parametersOf({ ...options }), { most, skip });
      if (context.json) return printJson(context.out, rows);
      const left = printTable(context.out, columns, rows);
      const note = (text: string) => printNote(context.notes, text);
      if (left > 0)
        note(
          `${left === 1 ? '1 column is' : `${left} columns are`} left out: there is room for more in a wider terminal.`,
        );
      if (rows.length === 0) note(empty);
      else if (total !== null && skip + rows.length < total)
        note(`${rows.length} of ${total} are shown: --limit all shows every one.`);
    }),
  );
}

interface ListOptions extends ServiceOptions {
  readonly limit: number;
  readonly skip: number;
}

/** The rows of a list from `skip` on, `most` at most, over as many requests as it takes. */
export async function pages(
  { service, signal }: Pick<Context, 'service' | 'signal'>,
  path: string,
  filters: Fields,
  { most, skip }: { readonly most: number; readonly skip: number },
): Promise<{ readonly rows: Fields[]; readonly total: number | null }> {
  const rows: Fields[] = [];
  for (;;) {
    const size = Math.min(PAGE, most - rows.length);
    const query = { ...filters, skip: skip + rows.length, limit: size };
    const { body, total } = await service.ask('GET', path, { query }, signal);
    const page = Array.isArray(body) ? body.map(fieldsOf) : [];
    rows.push(...page);
    if (page.length < size || rows.length >= most) return { rows, total };
  }
}

function limit(text: string): number {
  return text === 'all' ? Number.POSITIVE_INFINITY : wholeNumber(1)(text);
}

/** Reads an argument that is a whole number from `min` on, up to `max`. */
export function wholeNumber(min: number, max = Number.POSITIVE_INFINITY): (text: string) => number {
  const range = Number.isFinite(max) ? `from ${min} to ${max}` : `from ${min}`;
  return (text) => {
    const isWithin = /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max;
    if (isWithin) return Number(text);
    throw new InvalidArgumentError(`expected a whole number ${range}`);
  };
}
