import { existsSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { nodeTimers } from '../../src/kernel/timers.js';
import { KEYS, type Service, type ServiceOptions, type Who, withService } from '../service/service.js';

/** Where systems keep a Chromium. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const QUIET = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A user at the console of a separate service. */
export interface Visit {
  readonly service: Service;
  readonly page: Page;
  /** Opens the console as somebody who is signed in; resolves when the pool is shown. */
  signIn(who: Who): Promise<void>;
  /** Opens a part of the console by its name in the menu. */
  open(part: string): Promise<void>;
}

export interface VisitOptions extends Omit<ServiceOptions, 'timers' | 'port' | 'onRequest'> {
  /** The test changes the browser, and not just its page. */
  readonly ownBrowser?: boolean;
}

/** Makes a test of a visit. */
export type Visiting = (test: (visit: Visit) => Promise<void>, options?: VisitOptions) => () => Promise<void>;

/** Tests the console in a real browser. Skipped, with one line of output, if there is none. */
export function inBrowser(title: string, specify: (visiting: Visiting) => void): void {
  const executablePath = PLACES.find((path) => existsSync(path));
  let browser: Browser | null = null;
  let usual: BrowserContext | null = null;
  // One address for all visits: the browser keeps the console's files.
  let port = 0;
  const visiting: Visiting = (test, { ownBrowser = false, ...options } = {}) => {
    const testIn = async (service: Service) => {
      if (!browser || !usual) return;
      port = Number(new URL(service.url).port);
      const context = ownBrowser ? await contextOf(browser) : usual;
      await visit(context, service, test);
      if (ownBrowser) await context.close();
    };
    return () => withService(testIn, { ...options, timers: nodeTimers, port, onRequest: letFilesBeKept })();
  };
  if (executablePath === undefined) {
    process.stderr.write(
      `Skipped: ${title}. No Chromium at ${PLACES.join(', ')}; get one with: apt install chromium\n`,
    );
    describe.skip(title, () => specify(visiting));
    return;
  }
  describe(title, () => {
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: QUIET });
      usual = await contextOf(browser);
      // Its window stays open: another one for each page takes Chromium longer than the page.
      await usual.newPage();
    });
    afterAll(() => browser?.close());
    specify(visiting);
  });
}

/** A hundred files make the console, which no test changes: to ask for them took longer than most visits. */
const letFilesBeKept: RequestListener = ({ url = '' }, response) => {
  if (/^\/\w+\.(js|css|svg)$/.test(url)) response.setHeader('Cache-Control', 'max-age=600');
};

async function contextOf(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 850 } });
  // A busy machine takes seconds for the first page.
  context.setDefaultTimeout(25_000);
  return context;
}

async function visit(context: BrowserContext, service: Service, test: (visit: Visit) => Promise<void>) {
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  try {
    await test({
      service,
      page,
      async signIn(who) {
        const isFirst = page.url() === 'about:blank';
        if (isFirst) await page.addInitScript(storing(KEYS[who]));
        await page.goto(service.url);
        if (!isFirst) await presentKey(page, KEYS[who]);
        await page.getByRole('group', { name: 'Total' }).waitFor();
      },
      async open(part) {
        await page.getByRole('link', { name: part }).click();
        await page.getByRole('heading', { level: 1, name: part }).waitFor();
      },
    });
    expect(complaints).toEqual([]);
  } finally {
    await page.close();
  }
}

/** A script that leaves this key in the tab, once, as signing in does. */
function storing(key: string): string {
  return `if (window.name === '') sessionStorage.setItem('telegate.api-key', '${key}'); window.name = 'signed in';`;
}

/** Errors thrown by the page, and violations of its content security policy. A refused request is neither. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
  return complaints;
}

/** Types a key into the form and sends it. */
export async function presentKey(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
