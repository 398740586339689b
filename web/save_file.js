import { el } from './dom.js';

/** Longer than a browser takes to begin with it, in milliseconds. */
const KEPT_MS = 60_000;

/** Has the browser save what was downloaded, under this name. */
export function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
