import { Command } from 'commander';
import { loadConfig, readEnvironment } from '../config.js';
import { migrateToNewest } from '../storage/migrate.js';
import { DATABASE_URL_HELP, databaseOption } from './database_option.js';
import { copy } from './db_copy.js';

/** `telegate db`: what is done to a database as a whole. */
export function databaseCommand(): Command {
  const command = new Command('db').description('the database');
  command
    .command('migrate')
    .description('bring the schema up to date, as the start of a service does')
    .option('--database <url>', `${DATABASE_URL_HELP}; else the one that the settings name`)
    .action(migrate);
  command
    .command('copy')
    .description('copy a database into an empty one, and compare every row; no service may run on either')
    .requiredOption('--from <url>', DATABASE_URL_HELP)
    .requiredOption(
      '--to <url>',
      'the same; a file is made if it is not there, a PostgreSQL database must be',
    )
    .addHelpText('after', '\nA password may be left out of a URL and given as PGPASSWORD instead.')
    .action(({ from, to }: { from: string; to: string }) =>
      copy(databaseOption('--from', from), databaseOption('--to', to)),
    );
  return command;
}

async function migrate({ database: url }: { database?: string }): Promise<void> {
  const database =
    url === undefined ? loadConfig(readEnvironment()).database : databaseOption('--database', url);
  const { from, to } = await migrateToNewest(database);
  const told =
    from === to
      ? `There was nothing to do: the schema is ${to}.`
      : `The schema was brought from ${from ?? 'nothing'} to ${to}.`;
  process.stdout.write(`${told}\n`);
}
