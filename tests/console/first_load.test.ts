import { expect, it } from '@jest/globals';
import type { CDPSession, Page, Request } from 'playwright-core';
import { some } from '../service/service.js';
import { seedProgress, seedSource } from '../sources/seeding.js';
import { inBrowser } from './browser.js';
import { wordsIn } from './words.js';

/** The most that a page may take when it is the first of a visit, as it is sent. */
const MAX_BYTES = 240_000;
const MAX_REQUESTS = 12;

/** The pages, and what is shown once each has all that it asks for. Russian: its texts are the longest. */
const texts = await wordsIn('ru');
const PAGES: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  '/pool': (page) =>
    page
      .getByRole('img')
      .or(page.getByText(texts('pool.chart.none')))
      .first()
      .waitFor(),
  '/sessions': (page) => page.getByRole('link', { name: 's003' }).waitFor(),
  '/sessions/1': (page) => page.getByRole('region', { name: texts('sessions.page.history') }).waitFor(),
  '/sources': (page) => page.getByRole('link', { name: 'Watched' }).waitFor(),
  '/sources/1': (page) =>
    page
      .getByRole('link', { name: texts('runs.named', { id: 1 }) })
      .first()
      .waitFor(),
  '/runs': (page) => page.getByRole('link', { name: texts('runs.named', { id: 1 }) }).waitFor(),
  '/runs/1': (page) => page.getByText(texts('runs.log.none')).waitFor(),
  '/files': (page) => page.getByRole('heading', { level: 1 }).waitFor(),
  '/leases': (page) => page.getByRole('link', { name: 's002' }).waitFor(),
  '/keys': (page) => page.getByText('scrapers').waitFor(),
  '/audit': (page) => page.getByRole('cell').first().waitFor(),
  '/settings': (page) => page.getByRole('row', { name: /NAS_ROOT/ }).waitFor(),
};

inBrowser('the first load of the console', (visiting) => {
  it(
    'takes few requests and bytes on every page, and every file is compressed and kept',
    visiting(
      async ({ page, service, signIn }) => {
        await service.lease('session_name=s002');
        await service.as('admin').post('/keys').send({ name: 'scrapers', role: 'worker' }).expect(201);
        const { id } = await seedSource(service, { name: 'Watched', schedule: '0 3 * * *', sessionId: 1 });
        await seedProgress(service, id, 'somebody');
        const client = await page.context().newCDPSession(page);
        await client.send('Network.enable');
        const signedOut = await load(page, client, service.url, (shown) =>
          shown.getByLabel(texts('shell.signIn.key')).waitFor(),
        );
        const figures = [{ path: '/, signed out', ...signedOut }];
        await signIn('admin', '/settings');
        for (const [path, ready] of Object.entries(PAGES))
          figures.push({ path, ...(await load(page, client, service.url + path, ready)) });
        const tooMuch = figures.filter(({ urls, bytes }) => urls.length > MAX_REQUESTS || bytes > MAX_BYTES);
        expect(tooMuch).toEqual([]);
        expect(figures.flatMap(({ badly }) => badly)).toEqual([]);
      },
      { files: some(60), browser: { locale: 'ru-RU' } },
    ),
    240_000,
  );

  it(
    'is the console for browsers and the API for programs, with a policy that allows nothing from elsewhere',
    visiting(async ({ page, service }) => {
      for (const path of Object.keys(PAGES)) {
        const answer = await page.request.get(service.url + path, { headers: { Accept: 'text/html' } });
        expect([path, answer.status(), answer.headers()['content-type']]).toEqual([
          path,
          200,
          'text/html; charset=utf-8',
        ]);
        const policy = answer.headers()['content-security-policy'] ?? '';
        expect(policy).not.toMatch(/unsafe|https?:/);
        expect(policy).toContain("style-src 'self'");
      }
      for (const path of ['/sessions', '/sources', '/runs', '/keys'])
        await service.as(null).get(path).set('Accept', '*/*').expect(401);
    }),
  );
});

/** What the first load of a page took. */
interface Figures {
  /** What was asked for, the stream of events included. */
  readonly urls: readonly string[];
  readonly bytes: number;
  /** Files that are not kept, or not compressed. */
  readonly badly: readonly string[];
}

/** Opens the address as a browser that was never here; resolves when the page is complete. */
async function load(
  page: Page,
  client: CDPSession,
  url: string,
  ready: (page: Page) => Promise<unknown>,
): Promise<Figures> {
  // The page before it asks for nothing any more.
  await page.goto('about:blank');
  await client.send('Network.clearBrowserCache');
  const requests: Request[] = [];
  const listen = (request: Request) => requests.push(request);
  page.on('request', listen);
  await page.goto(url);
  await ready(page);
  page.off('request', listen);
  const ended = requests.filter((request) => request.resourceType() !== 'eventsource');
  const files = await Promise.all(ended.map(fileOf));
  return {
    urls: requests.map((request) => new URL(request.url()).pathname),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    badly: files.filter(isBad).map(({ path }) => path),
  };
}

async function fileOf(request: Request) {
  const answer = await request.response();
  const { responseBodySize: bytes } = await request.sizes();
  return { path: new URL(request.url()).pathname, bytes, headers: answer?.headers() ?? {} };
}

function isBad({ path, bytes, headers }: Awaited<ReturnType<typeof fileOf>>): boolean {
  if (!path.startsWith('/assets/')) return false;
  const isKept = headers['cache-control'] === 'public, max-age=31536000, immutable';
  return !isKept || (bytes > 1024 && !/^(br|gzip)$/.test(headers['content-encoding'] ?? ''));
}
