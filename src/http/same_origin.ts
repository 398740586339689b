import type { Request } from 'express';
import { Forbidden } from '../kernel/errors.js';

/**
 * Makes sure that no page of another site has a browser send this request. `Sec-Fetch-Site` says so where the browser
 * sends it (over HTTPS and on loopback addresses), `Origin` elsewhere; programs send neither.
 *
 * @throws Forbidden. With `proof`, also if neither header is there.
 */
export function ensureSameOrigin(req: Request, proof: 'proof' | null = null): void {
  const site = req.headers['sec-fetch-site'];
  const { origin } = req.headers;
  if (site === 'same-origin') return;
  if (site === undefined && origin !== undefined && isOwn(origin, req)) return;
  if (site === undefined && origin === undefined && proof === null) return;
  throw new Forbidden('This request was not sent by a page of this service', { code: 'cross_site_request' });
}

/** As the browser names the service: with the host of the address bar. */
function isOwn(origin: string, req: Request): boolean {
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  return host === req.host || host === req.headers.host;
}
