import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where systems keep a Chromium. The one that has no window at all is first: it takes half of the time. */
const PLACES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Says that there is no Chromium, and how to get one. */
export const NO_CHROMIUM = `No Chromium at ${PLACES.join(', ')}; get one with: apt install chromium-headless-shell`;

/** The program of the installed Chromium; null: there is none. */
export function findChromium(): string | null {
  return PLACES.find((path) => existsSync(path)) ?? null;
}

/** Starts a Chromium without a window that asks nothing of the network by itself. */
export function launchChromium(executablePath: string, also: readonly string[] = []): Promise<Browser> {
  const isShell = executablePath.endsWith('shell');
  const args = [...QUIET, ...(isShell ? [] : ['--headless=new']), ...also];
  return chromium.launch({ executablePath, args });
}
