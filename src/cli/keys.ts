import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { KeyService } from '../access/keys.js';
import { SingleNode } from '../cluster/single_node.js';
import { loadConfig, readEnvironment } from '../config.js';
import { holderOf, ROLES, type Role } from '../kernel/api_key.js';
import { momentOf, type SteadyClock, systemTime } from '../kernel/clock.js';
import { openSideConnection } from '../storage/open.js';
import { readClock } from '../storage/saved_clock.js';

/** `telegate keys`: list, create and revoke API keys. */
export function keysCommand(): Command {
  const command = new Command('keys').description('API keys');
  command
    .command('list', { isDefault: true })
    .description('list the keys, without their secrets')
    .action(() => withKeys(list));
  command
    .command('create')
    .description('create a key; it is printed only once')
    .argument('<name>', 'its name')
    .addOption(new Option('--role <role>', 'its role').choices(ROLES).default('worker'))
    .option('--max-leases <count>', 'its maximum number of concurrent leases', wholeNumber)
    .option('--expires <time>', 'when it expires, such as 2030-01-01T00:00:00Z', moment)
    .option('--tag <tag...>', 'limit it to sessions that have all of these tags')
    .action((name: string, options: Options) => withKeys((at) => create(name, options, at)));
  command
    .command('revoke')
    .description('revoke a key; a running service notices within 5 seconds')
    .argument('<id>', 'its id, as shown by `keys list`', wholeNumber)
    .action((id: number) =>
      withKeys(async ({ keys, wroteDown }) => {
        await keys.revoke(id);
        await wroteDown('key.revoke', id);
      }),
    );
  return command;
}

interface Options {
  readonly role: Role;
  readonly maxLeases?: number;
  readonly expires?: Date;
  readonly tag?: readonly string[];
}

/** What the commands use. */
interface AtHand {
  readonly keys: KeyService;
  readonly clock: SteadyClock;
  /** Resolves once the action on the key is in the audit log. */
  readonly wroteDown: (action: string, keyId: number) => Promise<void>;
}

async function create(
  name: string,
  { role, maxLeases, expires, tag = [] }: Options,
  { keys, clock, wroteDown }: AtHand,
): Promise<void> {
  const expiresAt = expires ? momentOf(expires, clock) : null;
  if (expiresAt !== null && expiresAt <= clock.now())
    throw new Error('--expires: expected a time in the future');
  const limits = { maxLeases: maxLeases ?? null, expiresAt, tags: [...new Set(tag)] };
  const { id, key } = await keys.create({ name, role, ...limits });
  await wroteDown('key.create', id);
  print(key);
}

async function list({ keys, clock }: AtHand): Promise<void> {
  const records = await keys.list();
  if (records.length === 0)
    return print('No keys yet. Create one with `telegate keys create NAME --role worker`.');
  for (const { id, name, role, maxLeases, tags, expiresAt } of records) {
    const leases = maxLeases === null ? 'unlimited leases' : `${maxLeases} leases`;
    const expiry = expiresAt === null ? [] : [`expires ${clock.display(expiresAt).toISOString()}`];
    const limits = [leases, ...(tags.length > 0 ? [`tags ${tags.join(', ')}`] : []), ...expiry];
    print(`${id}\t${role}\t${limits.join('; ')}\t${name}`);
  }
}

async function withKeys(action: (atHand: AtHand) => Promise<void>): Promise<void> {
  const config = loadConfig(readEnvironment());
  const database = await openSideConnection(config.database);
  try {
    const { access: store, audit } = database;
    const clock = await readClock(store, systemTime);
    const keys = new KeyService({ store, clock, bootstrapKeys: [], randomBytes, cluster: new SingleNode() });
    const wroteDown = (action: string, keyId: number) =>
      audit.add({
        ...{ at: clock.now(), holder: 'command line', keyName: userInfo().username, address: null },
        ...{ requestId: null, action, object: holderOf(keyId), outcome: 'done' },
      });
    await action({ keys, clock, wroteDown });
  } finally {
    await database.close();
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number from 1');
  return Number(text);
}

function moment(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\d(T|$)/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError('expected a time such as 2030-01-01T00:00:00Z');
  }
  return date;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
