import type { Command } from 'commander';

/** Each is loaded only if it may be run: what they import is slow to load. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['backup', async () => (await import('./backup.js')).backupCommand()],
  ['restore', async () => (await import('./restore.js')).restoreCommand()],
  ['doctor', async () => (await import('./doctor.js')).doctorCommand()],
  ['rotate-key', async () => (await import('./rotate_key.js')).rotateKeyCommand()],
]);

/** What is done to a whole installation, whether its service runs or not: the command of this name, or all of them. */
export function operationsCommands(name = ''): Promise<Command[]> {
  const wanted = COMMANDS.get(name);
  return Promise.all(wanted ? [wanted()] : [...COMMANDS.values()].map((load) => load()));
}
