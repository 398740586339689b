import { el } from './dom.js';

/** The command with which a worker leases a session from this service; without the key, since others may look on. */
export function firstLease() {
  const command = `curl -H "X-API-Key: YOUR_KEY" ${location.origin}/session`;
  return el('pre', {}, el('code', {}, command));
}
