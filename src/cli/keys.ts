import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError, Option } from 'commander';
import { KeyService } from '../access/keys.js';
import { ROLES, type Role } from '../access/roles.js';
import { createSteadyClock, systemTime } from '../clock.js';
import { loadConfig, readEnvironment } from '../config.js';
import { Alone } from '../replicas/alone.js';
import { openDatabaseBeside } from '../storage/open.js';

/** `telegate keys`: list, create and revoke API keys. */
export function keysCommand(): Command {
  const command = new Command('keys').description('API keys');
  command
    .command('list', { isDefault: true })
    .description('list the keys, without the keys themselves')
    .action(() => withKeys(list));
  command
    .command('create')
    .description('make a key; it is printed this once')
    .argument('<name>', 'whose it is')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('worker'))
    .option('--max-leases <count>', 'how many sessions it may hold at once', wholeNumber)
    .action((name: string, options: { role: Role; maxLeases?: number }) =>
      withKeys(async (keys) => {
        const { key } = await keys.create(name, options.role, options.maxLeases ?? null);
        print(key);
      }),
    );
  command
    .command('revoke')
    .description('revoke a key; a running service notices within 5 seconds')
    .argument('<id>', 'the number that `keys list` shows', wholeNumber)
    .action((id: number) => withKeys((keys) => keys.revoke(id)));
  return command;
}

async function list(keys: KeyService): Promise<void> {
  const records = await keys.list();
  if (records.length === 0) return print('No keys yet: `telegate keys create NAME --role worker` makes one.');
  for (const { id, name, role, maxLeases } of records) {
    print(`${id}\t${role}\t${maxLeases === null ? 'any number of leases' : `${maxLeases} leases`}\t${name}`);
  }
}

async function withKeys(action: (keys: KeyService) => Promise<void>): Promise<void> {
  const config = loadConfig(readEnvironment());
  const database = await openDatabaseBeside(config.database);
  try {
    const clock = createSteadyClock(systemTime, null);
    await action(
      new KeyService({
        store: database.access,
        clock,
        bootstrapKeys: [],
        randomBytes,
        replicas: new Alone(),
      }),
    );
  } finally {
    await database.close();
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('wanted: a whole number from 1');
  return Number(text);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
