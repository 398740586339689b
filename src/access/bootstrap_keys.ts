import { ROLES, type Role } from '../kernel/api_key.js';

/** An API key from the settings rather than the database. */
export interface BootstrapKey {
  readonly role: Role;
  readonly key: string;
}

const MIN_KEY_LENGTH = 16;

/**
 * Reads a comma-separated list of API keys, each `KEY` (an admin key) or `role:KEY`. Empty entries are skipped.
 *
 * @throws Error that names the entry by its position and never shows a key: for an unknown role, a key shorter than
 * 16 characters, one that no HTTP header can carry, or a duplicate.
 */
export function parseBootstrapKeys(list: string): BootstrapKey[] {
  const keys: BootstrapKey[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of list.split(',').entries()) {
    const text = entry.trim();
    if (text === '') continue;
    const parsed = parseEntry(text, `key ${index + 1} of the list`);
    if (seen.has(parsed.key)) throw new Error(`key ${index + 1} of the list appears twice`);
    seen.add(parsed.key);
    keys.push(parsed);
  }
  return keys;
}

function parseEntry(text: string, which: string): BootstrapKey {
  const colon = text.indexOf(':');
  const key = text.slice(colon + 1);
  if (key.length < MIN_KEY_LENGTH) {
    throw new Error(
      `${which} is shorter than ${MIN_KEY_LENGTH} characters: generate one with \`openssl rand -hex 16\``,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error(`${which} has characters other than visible ASCII`);
  // Reading `wroker:KEY` as an admin's key would grant more than was meant.
  return { role: colon === -1 ? 'admin' : parseRole(text.slice(0, colon), which), key };
}

function parseRole(name: string, which: string): Role {
  const role = ROLES.find((known) => known === name);
  if (role === undefined) throw new Error(`${which} has an unknown role before its colon`);
  return role;
}
