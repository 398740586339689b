import { KeyFileError } from '../access/encryption_key.js';
import { EncryptionKeysDiffer } from '../access/vault_check.js';
import { ConfigError } from '../config.js';
import { EnvironmentError } from '../environment.js';
import { TeleGateError } from '../kernel/errors.js';
import { OperationRefused } from '../operations/refused.js';
import { PrefectRefused } from '../prefect/errors.js';
import { CopyFailed } from '../storage/copying/ends.js';
import { DatabaseRefused } from '../storage/database.js';

/** Mistakes of the operator: reported in one message, without a stack. */
const MISTAKES = [
  ...[ConfigError, EnvironmentError, CopyFailed, DatabaseRefused, TeleGateError],
  ...[EncryptionKeysDiffer, KeyFileError, OperationRefused, PrefectRefused],
];

/** What is told of an error on this machine: the stack too, unless it is a mistake of the operator or the system's. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of the file system or the network: which call failed, and on what.
  if ('syscall' in error) return error.message;
  return MISTAKES.some((kind) => error instanceof kind) ? error.message : (error.stack ?? error.message);
}
