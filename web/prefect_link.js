import { el } from './dom.js';

/** A link to a page of Prefect's interface. */
export function prefectLink(url) {
  return el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, 'Open in Prefect');
}
