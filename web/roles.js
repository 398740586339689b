/** The roles an API key may have. */
export const ROLES = ['worker', 'monitor', 'admin'];

/**
 * The role of the key of this API.
 * @throws ApiError for a key that the service rejects.
 */
export async function findRole(api) {
  const { role } = await api.get('/keys/self');
  return role;
}

/** The roles that may see each part of the console. */
const NEEDS = {
  /** The event stream. */
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
