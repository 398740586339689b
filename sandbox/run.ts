import { KeyFileError } from '../src/access/encryption_key.js';
import { EncryptionKeysDiffer } from '../src/access/vault_check.js';
import { ConfigError } from '../src/config.js';
import { hasCode } from '../src/kernel/private_files.js';
import { DatabaseRefused } from '../src/storage/database.js';
import { type SandboxService, startSandboxService } from './service.js';
import { readCommandLine, USAGE, UsageError } from './trial/command_line.js';
import { SandboxRefused } from './trial/initial_pool.js';
import { PortRefused } from './trial/ports.js';
import { jsonLine, page } from './trial/startup_output.js';

/** The whole of TeleGate with its own data centres, until it is stopped. */
async function main(): Promise<void> {
  // All files created here are readable by this user only.
  process.umask(0o077);
  const { json, help, ...options } = readCommandLine(process.argv.slice(2));
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  const starting = startSandboxService({ ...options, settings: settings() });
  stopOnSignal(starting);
  const service = await starting;
  process.stdout.write(json ? jsonLine(service) : page(service, headings(process.stdout.isTTY)));
}

/**
 * An egress fence at any free port, and PostgreSQL instead of a file, if DATABASE_URL says so; no other variable counts
 * here.
 */
function settings(): Record<string, string> {
  // biome-ignore lint/style/noProcessEnv: the one variable that is read here
  const { DATABASE_URL = '' } = process.env;
  return { DATABASE_URL, EGRESS_PORT: '0', EGRESS_HOST: '127.0.0.1' };
}

function headings(isTerminal: boolean): (text: string) => string {
  return (text) => (isTerminal ? `\u001b[1m${text}\u001b[22m` : text);
}

/** A stop during the start takes effect once it has started, so that nothing is left half done. */
function stopOnSignal(starting: Promise<SandboxService>): void {
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    const service = await starting.catch(() => null);
    // If it could not start, its exit code says so.
    if (service === null) return;
    await service.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
}

const MISTAKES = [
  UsageError,
  PortRefused,
  SandboxRefused,
  ConfigError,
  DatabaseRefused,
  KeyFileError,
  EncryptionKeysDiffer,
];

/** The user's mistakes are reported in one message, without a stack. */
function explain(error: unknown): string {
  if (hasCode(error, 'EADDRNOTAVAIL')) {
    return 'The data centres need 127.0.0.2 and up. Where only 127.0.0.1 is there: sudo ifconfig lo0 alias 127.0.0.2';
  }
  if (!(error instanceof Error)) return String(error);
  return MISTAKES.some((mistake) => error instanceof mistake)
    ? error.message
    : (error.stack ?? error.message);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`The sandbox could not start.\n${explain(error)}\n`);
  process.exit(1);
}
