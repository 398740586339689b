import { Command, InvalidArgumentError, Option } from 'commander';
import { readEnvironment } from '../environment.js';
import { ROLES } from '../kernel/api_key.js';
import { type Context, type ServiceOptions, withService, withServiceOptions } from './context.js';
import { UsageError } from './exit_codes.js';
import { pages, wholeNumber } from './lists.js';
import type { Keys, NewKey } from './offline_keys.js';
import { type Column, column, numbers, printJson, printTable } from './print.js';
import { type Fields, fieldsOf, type RequestOptions } from './service.js';
import { plain } from './text.js';

interface KeysOptions extends ServiceOptions {
  readonly offline?: true;
}

const COLUMNS: readonly Column[] = [
  numbers('id'),
  column('role'),
  { title: 'limits', value: limitsOf },
  column('name'),
];

/** `telegate keys`: list, create and revoke API keys. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('API keys: of the running service if TELEGATE_API_KEY is set, else in the database')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(createCommand())
    .addCommand(revokeCommand());
}

function keysAction(name: string, description: string): Command {
  return withServiceOptions(new Command(name))
    .description(description)
    .option('--offline', 'work on the database of the settings, whether the service runs or not');
}

function listCommand(): Command {
  return keysAction('list', 'list the keys, without their secrets').action((options: KeysOptions) =>
    withKeys(options, async (keys) => {
      const records = await keys.list();
      if (options.json) return printJson(process.stdout, records);
      if (records.length > 0) printTable(process.stdout, COLUMNS, records);
      else process.stdout.write('No keys yet. Create one with `telegate keys create NAME --role worker`.\n');
    }),
  );
}

function createCommand(): Command {
  return keysAction('create', 'create a key; it is printed only once')
    .argument('<name>', 'its name')
    .addOption(new Option('--role <role>', 'its role').choices(ROLES).default('worker'))
    .option('--max-leases <count>', 'its maximum number of concurrent leases', wholeNumber(1))
    .option('--expires <time>', 'when it expires, such as 2030-01-01T00:00:00Z', moment)
    .option('--tag <tag...>', 'limit it to sessions that have all of these tags')
    .action((name: string, options: KeysOptions & Omit<NewKey, 'name'>) =>
      withKeys(options, async (keys) => {
        const created = await keys.create({ ...options, name });
        if (options.json) printJson(process.stdout, created);
        else process.stdout.write(`${plain(created.key)}\n`);
      }),
    );
}

function revokeCommand(): Command {
  return keysAction('revoke', 'revoke a key; a running service notices within 5 seconds')
    .argument('<id>', 'its id, as shown by `keys list`', wholeNumber(1))
    .option('--end-leases', 'end its leases at once; only a running service can')
    .action((id: number, options: KeysOptions & { readonly endLeases?: true }) =>
      withKeys(options, async (keys) => {
        const revoked = await keys.revoke(id, options.endLeases === true);
        if (options.json) printJson(process.stdout, revoked);
        else process.stdout.write(`Key ${id} is revoked.\n`);
      }),
    );
}

/** Asks the running service, if a key for it is set; else works on the database. */
async function withKeys(options: KeysOptions, action: (keys: Keys) => Promise<void>): Promise<void> {
  const asks = !options.offline && (options.url !== undefined || Boolean(readEnvironment().TELEGATE_API_KEY));
  if (asks) return withService(options, (context) => action(keysOf(context)));
  const { withOfflineKeys } = await import('./offline_keys.js');
  await withOfflineKeys((keys) =>
    action({
      ...keys,
      revoke(id, endLeases) {
        if (endLeases) throw new UsageError('--end-leases: set TELEGATE_API_KEY, only a running service can');
        return keys.revoke(id, endLeases);
      },
    }),
  );
}

function keysOf({ service, signal }: Context): Keys {
  const ask = async (method: 'POST' | 'DELETE', path: string, request: RequestOptions) =>
    (await service.ask(method, path, request, signal)).body;
  return {
    async list() {
      const everything = { most: Number.POSITIVE_INFINITY, skip: 0 };
      return (await pages({ service, signal }, '/keys', {}, everything)).rows;
    },
    async create({ name, role, maxLeases: max_leases, expires, tag: tags }) {
      const body = { name, role, max_leases, tags, expires_at: expires?.toISOString() };
      return fieldsOf(await ask('POST', '/keys', { body }));
    },
    revoke: async (id, end_leases) => fieldsOf(await ask('DELETE', `/keys/${id}`, { query: { end_leases } })),
  };
}

function limitsOf({ max_leases, tags, expires_at }: Fields): string {
  const leases = max_leases === null ? 'unlimited leases' : `${plain(max_leases)} leases`;
  const limited = Array.isArray(tags) && tags.length > 0 ? [`tags ${plain(tags)}`] : [];
  const expiry = expires_at === null ? [] : [`expires ${plain(expires_at)}`];
  return [leases, ...limited, ...expiry].join('; ');
}

function moment(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\d(T|$)/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('expected a time such as 2030-01-01T00:00:00Z');
  }
  return date;
}
