/** Every role an API key may have, from the least powerful to the most. */
export const ROLES = ['worker', 'monitor', 'admin'] as const;

/** What an API key may do; see the table in the API's documentation. */
export type Role = (typeof ROLES)[number];

/** Who sends a request. `holder` names the key in leases and history. */
export interface ApiKey {
  readonly holder: string;
  readonly name: string;
  readonly role: Role;
  /** Its maximum number of concurrent leases; null: unlimited. */
  readonly maxLeases: number | null;
  /** The key leases and sees only sessions that have all of these tags; none: every session. */
  readonly tags: readonly string[];
  /** When it expires, in milliseconds on the service's clock; null: never. */
  readonly expiresAt: number | null;
  /** The sign-in at the console that the request came with; absent: the request came with the key itself. */
  readonly signIn?: string;
}

/**
 * Whether a key of `role` may use something that asks for one of the roles `needed`.
 * An admin may do everything, even what asks for no role at all; nobody else may do that.
 */
export function allows(role: Role, needed: readonly Role[]): boolean {
  return role === 'admin' || needed.includes(role);
}

/** The name of a database key in leases and history. */
export function holderOf(keyId: number): string {
  return `key:${keyId}`;
}

/** The id of a database key by its name in leases and history; null: it is another holder. */
export function keyIdOf(holder: string): number | null {
  const [, digits] = /^key:(\d{1,15})$/.exec(holder) ?? [];
  return digits === undefined ? null : Number(digits);
}
