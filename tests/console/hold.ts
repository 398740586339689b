import type { Page, Request, Route } from 'playwright-core';

/** A request that the service answers only once the test says so. */
export interface Held {
  /** Resolves when it was sent. */
  readonly asked: Promise<unknown>;
  /** Has the service answer it; resolves when the page has dealt with the answer, or had given the request up. */
  release(): Promise<void>;
}

/** Holds the next request to such an address. */
export async function holdNext(page: Page, url: RegExp): Promise<Held> {
  const ended = new Set<Request>();
  const waiting = new Map<Request, () => void>();
  const end = (request: Request) => {
    ended.add(request);
    waiting.get(request)?.();
  };
  page.on('requestfinished', end);
  page.on('requestfailed', end);
  let hold = (_route: Route) => {};
  const asked = new Promise<Route>((resolve) => {
    hold = resolve;
  });
  await page.route(url, (route) => hold(route), { times: 1 });
  return {
    asked,
    async release() {
      const route = await asked;
      const request = route.request();
      // One that was given up can't go on.
      await route.continue().catch(() => undefined);
      await new Promise<void>((resolve) => (ended.has(request) ? resolve() : waiting.set(request, resolve)));
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
    },
  };
}
