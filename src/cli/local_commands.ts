import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { PROJECT_ROOT } from '../kernel/project.js';
import { DATABASE_URL_HELP } from '../storage/database_url.js';
import { withJson } from './context.js';
import type { CopyOptions, MigrateOptions } from './databases.js';
import { UsageError } from './exit_codes.js';

/** What works on this machine, whether a service runs or not. What it needs is loaded when it is used. */
export function localCommands(): Command[] {
  return [serveCommand(), workerCommand(), databaseCommand(), sandboxCommand()];
}

function serveCommand(): Command {
  return new Command('serve')
    .description('start the service, with the settings of the environment and of .env')
    .action(async () => {
      await import('../main.js');
    });
}

function workerCommand(): Command {
  return new Command('worker')
    .description('execute the runs that Prefect schedules, beside services that share the database')
    .addHelpText(
      'after',
      '\nThe settings are those of the services: PREFECT_API_URL, DATABASE_URL, ENCRYPTION_KEYS, and the targets.' +
        '\n/health and /metrics are at WORKER_PORT. SIGTERM gives its runs back to other workers.',
    )
    .action(async () => (await import('./worker.js')).work());
}

function databaseCommand(): Command {
  const command = new Command('db').description('the database');
  const migrate = withJson(new Command('migrate'))
    .description('upgrade the schema, as each start of the service does')
    .option('--database <url>', `${DATABASE_URL_HELP}; default: the one in the settings`)
    .action(async (options: MigrateOptions) => (await import('./databases.js')).migrate(options));
  const copy = withJson(new Command('copy'))
    .description('copy a database into an empty one and compare every row; stop all services on both first')
    .requiredOption('--from <url>', DATABASE_URL_HELP)
    .requiredOption('--to <url>', 'the same; a missing file is created, a PostgreSQL database must exist')
    .addHelpText('after', '\nThe password of a URL can be set in PGPASSWORD instead.')
    .action(async (options: CopyOptions) => (await import('./databases.js')).copy(options));
  return command.addCommand(migrate).addCommand(copy);
}

function sandboxCommand(): Command {
  return new Command('sandbox')
    .description('start the service with a local Telegram emulator, to try it; only in a checkout')
    .argument('[options...]', 'those of `npm run sandbox`: see --help')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(sandbox);
}

/** Runs the sandbox's own program, and ends as it does. @throws UsageError where it is not there. */
async function sandbox(args: readonly string[]): Promise<void> {
  const program = join(PROJECT_ROOT, 'dist', 'sandbox', 'run.js');
  if (!existsSync(program)) {
    const isCheckout = existsSync(join(PROJECT_ROOT, 'sandbox', 'run.ts'));
    throw new UsageError(
      isCheckout
        ? 'The sandbox is not compiled yet: `npm run sandbox` compiles and starts it.'
        : 'The published package has no sandbox: clone the repository, and there `npm ci && npm run sandbox`.',
    );
  }
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', pass).on('SIGTERM', pass);
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(code ?? 1));
  });
}
