import type { Backend } from './call.js';
import { RpcError } from './error_codes.js';

/** The application that wants to log somebody in. Throws RpcError `API_ID_INVALID` where the seed refuses it. */
export function ensureApplication(
  { apiId, apiHash }: { readonly apiId: number; readonly apiHash: string },
  { world }: Pick<Backend, 'world'>,
): void {
  const refused = world.seed.refused_api_ids.includes(apiId);
  if (apiId <= 0 || apiHash === '' || refused) throw new RpcError('API_ID_INVALID');
}
