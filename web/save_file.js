import { el } from './dom.js';

/** Longer than a browser takes to start the download, in milliseconds. */
const KEPT_MS = 60_000;

/** Makes the browser save the blob under this name. */
export function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  el('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
