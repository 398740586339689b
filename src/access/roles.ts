/** Every role an API key may have, from the least powerful to the most. */
export const ROLES = ['worker', 'monitor', 'admin'] as const;

/** What an API key may do; see the table in the API's documentation. */
export type Role = (typeof ROLES)[number];

/**
 * Whether a key of `role` may use something that asks for one of the roles `needed`.
 * An admin may do everything, even what asks for no role at all; nobody else may do that.
 */
export function allows(role: Role, needed: readonly Role[]): boolean {
  return role === 'admin' || needed.includes(role);
}
