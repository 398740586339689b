import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { nodeTimers } from '../../src/kernel/timers.js';
import { KEYS, type Service, type ServiceOptions, type Who, withService } from '../service/service.js';
import { findChromium, launchChromium, NO_CHROMIUM } from './chromium.js';

/** A user at the console of a separate service. */
export interface Visit {
  readonly service: Service;
  readonly page: Page;
  /** Opens a page of the console as somebody who is signed in; resolves when its title is shown. */
  signIn(who: Who, path?: string): Promise<void>;
  /** Opens a page of the console by its name in the menu. */
  open(name: string): Promise<void>;
  /** Opens a page of the console in a second browser of somebody who is signed in there. */
  another(who: Who, path: string): Promise<Page>;
}

export interface VisitOptions extends Omit<ServiceOptions, 'timers' | 'port' | 'onRequest'> {
  /** How the browser is: its language, theme and size. */
  readonly browser?: BrowserContextOptions;
}

/** Makes a test of a visit. */
export type Visiting = (test: (visit: Visit) => Promise<void>, options?: VisitOptions) => () => Promise<void>;

/** Tests the console in a real browser. Skipped, with one line of output, if there is none. */
export function inBrowser(title: string, specify: (visiting: Visiting) => void): void {
  const executablePath = findChromium();
  let browser: Browser | null = null;
  const visiting: Visiting = (test, { browser: options, ...service } = {}) => {
    const testIn = async (running: Service) => {
      const contexts: BrowserContext[] = [];
      const open = async () => {
        if (!browser) throw new Error('there is no browser');
        const context = await contextOf(browser, options);
        contexts.push(context);
        return context;
      };
      try {
        await visit(open, running, test);
      } finally {
        await Promise.all(contexts.map((context) => context.close()));
      }
    };
    return () => withService(testIn, { ...service, timers: nodeTimers })();
  };
  if (executablePath === null) {
    process.stderr.write(`Skipped: ${title}. ${NO_CHROMIUM}\n`);
    describe.skip(title, () => specify(visiting));
    return;
  }
  describe(title, () => {
    beforeAll(async () => {
      browser = await launchChromium(executablePath);
      // Its window stays open: another one for each page takes Chromium longer than the page.
      await browser.newPage();
    });
    afterAll(() => browser?.close());
    specify(visiting);
  });
}

async function contextOf(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 850 },
    locale: 'en-US',
    reducedMotion: 'reduce',
    ...options,
  });
  // A busy machine takes seconds for the first page.
  context.setDefaultTimeout(15_000);
  return context;
}

async function visit(
  openBrowser: () => Promise<BrowserContext>,
  service: Service,
  test: (visit: Visit) => Promise<void>,
) {
  const context = await openBrowser();
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await test({
    service,
    page,
    signIn: (who, path = '/pool') => openSignedIn(page, service, who, path),
    async another(who, path) {
      const other = await (await openBrowser()).newPage();
      await openSignedIn(other, service, who, path);
      return other;
    },
    async open(name) {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
    },
  });
  expect(complaints).toEqual([]);
}

/** Signs the browser of the page in, without the form, and opens an address. */
async function openSignedIn(page: Page, service: Service, who: Who, path: string): Promise<void> {
  const answer = await page.request.post(`${service.url}/auth/sign-in`, { data: { api_key: KEYS[who] } });
  expect(answer.status()).toBe(200);
  await page.goto(service.url + path);
  await page.getByRole('heading', { level: 1 }).waitFor();
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
