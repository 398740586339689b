#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { readVersion } from '../kernel/project.js';
import { completionCommand } from './completion.js';
import { EXIT, EXIT_MEANINGS, Interrupted } from './exit_codes.js';
import { type Failure, failureOf, failureText } from './failures.js';
import { keysCommand } from './keys.js';
import { LISTS, listCommand } from './lists.js';
import { localCommands } from './local_commands.js';
import { poolCommand } from './pool.js';
import { runsCommand } from './runs.js';
import { sessionsCommand } from './sessions.js';
import { sourcesCommand } from './sources.js';
import { statusCommand } from './status.js';
import { syncCommand } from './sync.js';

// All files created here are readable by this user only.
process.umask(0o077);

const program = new Command('telegate')
  .description('Administers TeleGate: a running service over HTTP, and its data on this machine.')
  .version(readVersion())
  .enablePositionalOptions()
  .addHelpText(
    'after',
    [
      '',
      'TELEGATE_URL is the service (default: port PORT of this machine), TELEGATE_API_KEY the key for it;',
      'both are read from the environment and from ./.env.',
      '',
      'Exit codes:',
      ...EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`),
    ].join('\n'),
  );

const askingTheService = [
  ...[statusCommand(), sessionsCommand(), poolCommand(), listCommand(LISTS.leases), syncCommand()],
  ...[keysCommand(), sourcesCommand(), runsCommand(), listCommand(LISTS.audit)],
];
const quick = [...localCommands(), ...askingTheService];
for (const command of quick) program.addCommand(command);
// What these import takes longer to load than all others together.
if (!quick.some((command) => command.name() === process.argv[2])) {
  const { operationsCommands } = await import('./operations_commands.js');
  const operations = await operationsCommands(process.argv[2]);
  for (const command of [...operations, completionCommand()]) program.addCommand(command);
}

const json = process.argv.includes('--json');

/** An error in the arguments ends the command, wherever in the tree it is. */
function throwing(command: Command): void {
  command.exitOverride();
  if (json) command.configureOutput({ outputError: () => undefined });
  else command.showHelpAfterError(`Run \`${pathOf(command)} --help\` to see what it takes.`);
  for (const child of command.commands) throwing(child);
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** Reports the error; the exit code. */
async function report(error: unknown): Promise<number> {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    if (json)
      process.stderr.write(
        failureText(failed(EXIT.usage, 'usage', error.message.replace(/^error: /, '')), true),
      );
    return EXIT.usage;
  }
  const failure = failureOf(error);
  if (failure !== null) {
    process.stderr.write(failureText(failure, json));
    return failure.exitCode;
  }
  const { explain } = await import('./mistakes.js');
  process.stderr.write(failureText(failed(EXIT.failed, 'failed', explain(error)), json));
  return EXIT.failed;
}

function failed(exitCode: number, code: string, message: string): Failure {
  return { exitCode, code, message, next: null, field: null };
}

throwing(program);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = await report(error);
  // What is still under way, such as a connection that is being tried, must not delay it.
  if (error instanceof Interrupted) process.exit();
}
