/** The roles an API key may have. */
export const ROLES = ['worker', 'monitor', 'admin'];

/**
 * Which role the key of this API has.
 * @throws ApiError for a key that the service does not know.
 */
export async function findRole(api) {
  const { role } = await api.get('/keys/self');
  return role;
}

/** What each part of the console needs. */
const NEEDS = {
  /** The stream of events. */
  events: ['monitor', 'admin'],
  overview: ['worker', 'monitor', 'admin'],
  leases: ['monitor', 'admin'],
  sessions: ['monitor', 'admin'],
  sources: ['monitor', 'admin'],
  files: ['admin'],
  keys: ['admin'],
};

/** Whether a role may see this part of the console. */
export function maySee(role, part) {
  return NEEDS[part]?.includes(role) ?? false;
}
