import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { some } from '../service/service.js';
import { seedProgress, seedSource } from '../sources/seeding.js';
import { violationsOn } from './axe.js';
import { inBrowser } from './browser.js';

/** Each page and dialog of the console: its address, what is there when it is complete, and what opens it. */
const PLACES: readonly {
  readonly path: string;
  readonly ready: (page: Page) => Promise<unknown>;
  readonly open?: (page: Page) => Promise<unknown>;
}[] = [
  {
    path: '/pool',
    ready: (page) => page.getByRole('img').first().or(page.getByText('No data yet')).waitFor(),
  },
  { path: '/sessions', ready: (page) => page.getByRole('link', { name: 's003' }).waitFor() },
  { path: '/sessions/1', ready: (page) => page.getByRole('heading', { name: 'History' }).waitFor() },
  ...['code', 'upload', 'string', 'get'].map((tab) => ({
    path: `/sessions?add=${tab}`,
    ready: (page: Page) => page.getByRole('dialog').waitFor(),
  })),
  ...['Rename…', 'Edit tags…', 'Set proxy…', 'Invalidate…', 'Export…', 'Delete…'].map((name) => ({
    path: '/sessions/3',
    ready: (page: Page) => page.getByRole('button', { name: /Actions/ }).waitFor(),
    async open(page: Page) {
      await page.getByRole('button', { name: /Actions/ }).click();
      await page.getByRole('menuitem', { name }).click();
      await page.getByRole('dialog').waitFor();
    },
  })),
  {
    path: '/sessions',
    ready: (page) => page.getByRole('link', { name: 's003' }).waitFor(),
    async open(page) {
      await page.getByLabel('Select all on this page').click();
      await page.getByRole('button', { name: 'Add tags…' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { path: '/sources', ready: (page) => page.getByRole('link', { name: 'Watched' }).waitFor() },
  ...['/sources?new=private&session=1', '/sources/1?edit=1'].map((path) => ({
    path,
    ready: (page: Page) =>
      page.getByRole('dialog').getByText('Next runs').or(page.getByText('It runs only')).waitFor(),
  })),
  { path: '/sources/1', ready: (page) => page.getByRole('link', { name: 'Run 1' }).first().waitFor() },
  { path: '/runs', ready: (page) => page.getByRole('link', { name: 'Run 1' }).waitFor() },
  { path: '/runs/1', ready: (page) => page.getByText('The log is empty.').waitFor() },
  { path: '/files', ready: (page) => page.getByText('too large').waitFor() },
  { path: '/runs/1?tab=files', ready: (page) => page.getByText('too large').waitFor() },
  {
    path: '/runs/1',
    ready: (page) => page.getByRole('button', { name: 'Cancel run' }).waitFor(),
    async open(page) {
      await page.getByRole('button', { name: 'Cancel run' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  ...[
    ['/sources/1', 'Actions for Watched', 'Delete…'],
    ['/leases', 'End the lease of s002', null],
    ['/keys', 'Revoke scrapers', null],
    ['/keys', 'Create key', null],
  ].map(([path, button, item]) => ({
    path: String(path),
    ready: (page: Page) => page.getByRole('button', { name: String(button) }).waitFor(),
    async open(page: Page) {
      await page.getByRole('button', { name: String(button) }).click();
      if (item) await page.getByRole('menuitem', { name: item }).click();
      await page.getByRole('dialog').waitFor();
    },
  })),
  { path: '/leases', ready: (page) => page.getByRole('link', { name: 's002' }).waitFor() },
  { path: '/keys', ready: (page) => page.getByText('scrapers').waitFor() },
  { path: '/audit', ready: (page) => page.getByRole('cell', { name: 'Key created' }).first().waitFor() },
  { path: '/settings', ready: (page) => page.getByRole('row', { name: /NAS_ROOT/ }).waitFor() },
  {
    path: '/sessions',
    ready: (page) => page.getByRole('link', { name: 's003' }).waitFor(),
    async open(page) {
      await page.keyboard.press('Control+k');
      await page.getByRole('dialog', { name: 'Search and commands' }).waitFor();
    },
  },
];

const WIDTHS = {
  wide: { width: 1280, height: 850 },
  'on a phone': { width: 390, height: 844 },
} as const;

/** What is wrong with the page as it is, at both widths. The page is loaded and its dialog opened once for both. */
async function violationsAtWidths(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const [name, size] of Object.entries(WIDTHS)) {
    await page.setViewportSize(size);
    const violations = await violationsInThemes(page);
    const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    if (isTooWide) violations.push('it is too wide');
    found.push(...violations.map((violation) => `${name}: ${violation}`));
  }
  return found;
}

/** What is wrong with it in both themes: they differ in their colours. */
async function violationsInThemes(page: Page): Promise<string[]> {
  const light = await violationsOn(page);
  const dark = await inDark(page, () => violationsOn(page, ['color-contrast']));
  return [...light, ...dark.map((violation) => `in the dark theme: ${violation}`)];
}

async function inDark<Result>(page: Page, look: () => Promise<Result>): Promise<Result> {
  const showing = async (colorScheme: 'light' | 'dark') => {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
  };
  await showing('dark');
  const result = await look();
  await showing('light');
  return result;
}

inBrowser('every page and dialog of the console', (visiting) => {
  it(
    'is accessible and fits its width, in both themes, on a desk and on a phone',
    visiting(
      async ({ page, service, signIn }) => {
        await page.goto(service.url);
        await page.getByLabel('API key').waitFor();
        const found = await violationsAtWidths(page);
        await service.lease('session_name=s002');
        await service
          .as('admin')
          .put('/sessions/3')
          .send({ tags: ['eu'] })
          .expect(200);
        await service.as('admin').post('/keys').send({ name: 'scrapers', role: 'worker' }).expect(201);
        const { id } = await seedSource(service, { name: 'Watched', schedule: '0 3 * * *', sessionId: 1 });
        await seedProgress(service, id, 'somebody');
        await signIn('admin');
        for (const { path, ready, open } of PLACES) {
          await page.setViewportSize(WIDTHS.wide);
          await page.goto(service.url + path);
          await ready(page);
          await open?.(page);
          found.push(...(await violationsAtWidths(page)).map((violation) => `${path} ${violation}`));
        }
        expect(found).toEqual([]);
      },
      { files: [...some(3), `${'long-name-'.repeat(20)}.session`] },
    ),
    480_000,
  );
});
