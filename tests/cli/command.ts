import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The compiled command line. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** How a command ended. */
export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly exit: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a user runs it: a separate process with no settings but these. */
export function startCommand(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  directory = tmpdir(),
): { readonly process: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: directory, env: settings });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ exit: code ?? signal, stdout, stderr }));
  });
  return { process: child, ended };
}

/** Runs a command to its end. */
export function command(...args: readonly string[]): Promise<Ended> {
  return startCommand(args).ended;
}

/** Runs a command that must succeed; what it printed. */
export async function succeed(...args: readonly string[]): Promise<string> {
  const { exit, stdout, stderr } = await command(...args);
  if (exit !== 0) throw new Error(`${args.join(' ')} ended with ${exit}: ${stderr}`);
  return stdout;
}

/** Runs a command that must fail with a message; returns the message. */
export async function refusal(...args: readonly string[]): Promise<string> {
  const { exit, stdout, stderr } = await command(...args);
  if (exit !== 1 || stdout !== '' || /^\s+at /m.test(stderr)) {
    throw new Error(`${args.join(' ')} ended with ${exit}: ${stdout}${stderr}`);
  }
  return stderr;
}
