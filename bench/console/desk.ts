import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../../tests/console/chromium.js';
import { API_KEY } from '../client.js';
import type { Workplace } from '../workplace.js';

/** How long a page may take to show what it should. */
const PATIENCE_MS = 60_000;

/** The console of a service, in a browser. */
export class Desk {
  readonly port: number;
  readonly #browser: Browser;

  private constructor(browser: Browser, port: number) {
    this.#browser = browser;
    this.port = port;
  }

  /** Starts a browser with these arguments, which ends with the workplace. */
  static async open(
    place: Workplace,
    program: string,
    port: number,
    browserArguments: readonly string[],
  ): Promise<Desk> {
    const browser = await launchChromium(program, browserArguments);
    place.afterwards(() => browser.close());
    // Its window stays open: another one for each page takes Chromium longer than the page.
    await browser.newPage();
    return new Desk(browser, port);
  }

  /** Lets an admin who is signed in use an empty tab that has never seen the console, and closes it. */
  async visit<Result>(use: (page: Page) => Promise<Result>): Promise<Result> {
    const context = await this.#signedIn();
    try {
      return await use(await context.newPage());
    } finally {
      await context.close();
    }
  }

  async #signedIn(): Promise<BrowserContext> {
    const baseURL = `http://127.0.0.1:${this.port}`;
    const viewport = { width: 1280, height: 850 };
    const context = await this.#browser.newContext({ baseURL, viewport, locale: 'en-US' });
    context.setDefaultTimeout(PATIENCE_MS);
    const answer = await context.request.post('/auth/sign-in', { data: { api_key: API_KEY } });
    if (answer.status() !== 200) throw new Error(`/auth/sign-in answered ${answer.status()}`);
    return context;
  }
}

/** A page of the console: its address, the list that it is about, and how to know that it shows what it should. */
export interface DeskPage {
  readonly path: string;
  /** The path of its list in the API; null: it has none. */
  readonly list: string | null;
  readonly ready: (page: Page) => Promise<void>;
}

const row = (page: Page) => page.locator('tbody td a, tbody td strong, tbody td time').first().waitFor();
const list = (name: string): DeskPage => ({ path: `/${name}`, list: `/${name}`, ready: row });
const titled = (path: string, title: string): DeskPage => ({
  path,
  list: null,
  ready: (page) => page.getByRole('heading', { name: title }).first().waitFor(),
});

/** Every page of the console. */
export const DESK_PAGES: readonly DeskPage[] = [
  { path: '/pool', list: null, ready: (page) => page.getByRole('list', { name: 'Activity' }).waitFor() },
  ...['sessions', 'sources', 'runs', 'files', 'leases', 'keys', 'audit'].map(list),
  titled('/sessions/77', 'History'),
  titled('/sources/77', 'Source 77'),
  titled('/runs/77', 'Run 77'),
  { path: '/runs/77?tab=files', list: '/runs/77/files', ready: row },
  titled('/settings', 'Settings'),
];
