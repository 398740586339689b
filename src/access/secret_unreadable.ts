import { Conflict, type ErrorDetail } from '../errors.js';
import { VaultError } from './vault.js';

/** A stored secret that no key in use opens; the message says which one, and how to give it again. No secret. */
export class SecretUnreadable extends Conflict {}

/** Opens a secret. @throws SecretUnreadable made of `told` where no key does; what else `open` throws. */
export async function openedOr<Opened>(open: Promise<Opened>, told: () => ErrorDetail): Promise<Opened> {
  try {
    return await open;
  } catch (error) {
    throw error instanceof VaultError ? new SecretUnreadable(told()) : error;
  }
}
