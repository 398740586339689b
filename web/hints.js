import { el } from './dom.js';

/** A lease as a worker asks for it, from this very service. The key is not shown: this may be looked at. */
export function firstLease() {
  const command = `curl -H "X-API-Key: YOUR_KEY" ${location.origin}/session`;
  return el('pre', {}, el('code', {}, command));
}
