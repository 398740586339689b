import type { Command } from 'commander';
import { backupCommand } from './backup.js';
import { doctorCommand } from './doctor.js';
import { restoreCommand } from './restore.js';
import { rotateKeyCommand } from './rotate_key.js';

/** What is done to a whole installation, whether its service runs or not. */
export function operationsCommands(): Command[] {
  return [backupCommand(), restoreCommand(), doctorCommand(), rotateKeyCommand()];
}
