import { expect, it } from '@jest/globals';
import { KEYS, some } from '../service/service.js';
import { seedSource } from '../sources/seeding.js';
import { inBrowser, presentKey } from './browser.js';
import { holdNext } from './hold.js';

inBrowser('the console', (visiting) => {
  it(
    'rejects an unknown key in its own words, and says where to find the first key',
    visiting(async ({ page, service }) => {
      await page.goto(service.url);
      await page.getByRole('main').waitFor();
      await presentKey(page, 'nobody-has-this-key');
      await page.getByRole('alert').getByText('The service does not know this key').waitFor();
      await page.getByText('Where do I find a key?').click();
      await page.getByText('DATA_DIR/admin.key').waitFor();
    }),
  );

  it(
    'keeps the key nowhere, and forgets who was signed in on signing out',
    visiting(async ({ page, service }) => {
      await page.goto(service.url);
      await presentKey(page, KEYS.admin);
      await page.getByRole('heading', { level: 1, name: 'Pool' }).waitFor();
      expect(
        await page.evaluate('JSON.stringify({ ...sessionStorage, ...localStorage }) + document.cookie'),
      ).not.toContain(KEYS.admin);
      expect(await page.evaluate('document.cookie')).toBe('');
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Pool' }).waitFor();
      await page.getByRole('button', { name: /Signed in as/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await page.getByLabel('API key').waitFor();
      await page.goto(`${service.url}/sessions`);
      await page.getByLabel('API key').waitFor();
    }),
  );

  it(
    'shows each role only what it may see',
    visiting(
      async ({ page, signIn }) => {
        const menu = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
        await signIn('worker');
        expect(await menu.allTextContents()).toEqual(['Pool', 'API docs']);
        await page.goto(new URL('/sessions', page.url()).href);
        await page.getByText('which may not see this page').waitFor();
        await signIn('monitor');
        expect(await menu.allTextContents()).toContain('Sessions');
      },
      { files: some(1) },
    ),
  );

  it(
    'opens at the address of any page, before and after signing in',
    visiting(
      async ({ page, service, open }) => {
        await page.goto(`${service.url}/sessions?status=free`);
        await presentKey(page, KEYS.monitor);
        await page.getByRole('link', { name: 's001' }).waitFor();
        expect(page.url()).toBe(`${service.url}/sessions?status=free`);
        await open('Pool');
        await page.goBack();
        await page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor();
        await page.goto(`${service.url}/sources/`);
        expect(await page.title()).toContain('TeleGate');
      },
      { files: some(1) },
    ),
  );

  it(
    'keeps what is typed when its key is revoked, and goes on with another one',
    visiting(async ({ page, service }) => {
      const admin = service.as('admin');
      const { body } = await admin.post('/keys').send({ name: 'leaver', role: 'admin' }).expect(201);
      await page.goto(`${service.url}/sessions?add=string`);
      await presentKey(page, body.key);
      const name = page.getByLabel('Session name');
      await name.fill('typed before');
      await page.getByLabel('Session string').fill('1Bsecret');
      await admin.delete(`/keys/${body.id}`).expect(200);
      const again = page.getByRole('dialog', { name: 'Sign in again' });
      await again.getByLabel('API key').fill(KEYS.admin);
      expect(await again.getByRole('button', { name: 'Close' }).count()).toBe(0);
      await again.getByRole('button', { name: 'Sign in' }).click();
      await again.waitFor({ state: 'detached' });
      expect(await name.inputValue()).toBe('typed before');
      expect(await page.getByLabel('Session string').inputValue()).toBe('1Bsecret');
      await page.getByRole('button', { name: 'Check and save' }).click();
      await page.getByRole('alert').getByText('Not a session string').waitFor();
    }),
  );

  it(
    'is in the language of the browser, or in the one that was chosen',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin');
        await page.getByRole('heading', { level: 1, name: 'Пул' }).waitFor();
        expect(await page.evaluate('document.documentElement.lang')).toBe('ru');
        await page.getByRole('button', { name: /Вы вошли как/ }).click();
        await page.getByRole('menuitemradio', { name: 'English' }).click();
        await page.getByRole('heading', { level: 1, name: 'Pool' }).waitFor();
        await page.reload();
        await page.getByRole('heading', { level: 1, name: 'Pool' }).waitFor();
      },
      { browser: { locale: 'ru-RU' }, files: some(1) },
    ),
  );

  it(
    'goes to pages, sessions and commands by keyboard',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin');
        await page.keyboard.press('Tab');
        await page.keyboard.press('Control+k');
        const palette = page.getByRole('dialog', { name: 'Search and commands' });
        await palette.getByRole('combobox').fill('s002');
        await palette.getByRole('option', { name: 's002' }).waitFor();
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: 's002' }).waitFor();
        await page.keyboard.press('Control+k');
        await palette.getByRole('combobox').fill('dark');
        await page.keyboard.press('Enter');
        await page.waitForFunction('document.documentElement.dataset.mantineColorScheme === "dark"');
      },
      { files: some(3) },
    ),
  );

  it(
    'finds sources, too, and opens none that only matched what was typed before',
    visiting(
      async ({ page, service, signIn }) => {
        await seedSource(service, { name: 'Daily news' });
        await signIn('admin');
        await page.keyboard.press('Control+k');
        const palette = page.getByRole('dialog', { name: 'Search and commands' });
        const field = palette.getByRole('combobox');
        await field.fill('s00');
        await palette.getByRole('option', { name: 's001' }).waitFor();
        const found = await holdNext(page, /\/api\/v1\/sessions\?q=s002/);
        await field.fill('s002');
        await palette.getByRole('option', { name: 's001' }).waitFor({ state: 'detached' });
        await found.release();
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: 's002' }).waitFor();
        await page.keyboard.press('Control+k');
        await field.fill('daily');
        await palette.getByRole('option', { name: 'Daily news' }).waitFor();
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: 'Daily news' }).waitFor();
      },
      { files: some(3) },
    ),
  );

  it(
    'keeps the entry of the palette in sight that the keyboard has chosen',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin');
        await page.keyboard.press('Control+k');
        const list = page.getByRole('listbox', { name: 'Search and commands' });
        await list.getByRole('option').first().waitFor();
        await page.keyboard.press('ArrowUp');
        const last = list.getByRole('option', { name: 'Sign out', selected: true });
        await last.waitFor();
        const [inside, around] = [await last.boundingBox(), await list.boundingBox()];
        if (!inside || !around) throw new Error('the palette is not shown');
        expect(inside.y + inside.height).toBeLessThanOrEqual(around.y + around.height + 1);
      },
      { files: some(1), browser: { viewport: { width: 1280, height: 500 } } },
    ),
  );

  it(
    'says so if the browser does not allow copying',
    visiting(async ({ page, signIn }) => {
      await signIn('admin', '/keys');
      await page.getByRole('button', { name: 'Create key' }).click();
      const form = page.getByRole('dialog', { name: 'Create an API key' });
      await form.getByLabel('Name').fill('scrapers');
      await form.getByRole('button', { name: 'Create key' }).click();
      const copy = page.getByRole('button', { name: 'Copy API key' });
      await copy.waitFor();
      await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("denied"))');
      await copy.click();
      await page.getByText('The browser did not allow copying.').waitFor();
    }),
  );

  it(
    'says that a page could not be loaded, and loads it when it is opened again',
    visiting(
      async ({ another }) => {
        // The error is told on the browser's console, too, which the first page must be without.
        const page = await another('admin', '/pool');
        const menu = page.getByRole('navigation', { name: 'Main' });
        await page.route('**/assets/**', (route) => route.abort());
        await menu.getByRole('link', { name: 'Keys', exact: true }).click();
        await page.getByText('This page failed').waitFor();
        await page.unroute('**/assets/**');
        await menu.getByRole('link', { name: 'Pool', exact: true }).click();
        await page.getByRole('heading', { level: 1, name: 'Pool' }).waitFor();
        await menu.getByRole('link', { name: 'Keys', exact: true }).click();
        await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'says that the service is away, and goes on when it is back',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/sessions');
        await page.getByText('Live', { exact: true }).waitFor();
        await page.route('**/api/v1/**', (route) => route.abort());
        await page.getByRole('link', { name: 's001' }).click();
        await page.getByRole('alert').getByText('The service cannot be reached').first().waitFor();
        await page.unroute('**/api/v1/**');
        await page.getByRole('button', { name: 'Try again' }).click();
        await page.getByRole('region', { name: 'History' }).getByText('added').waitFor();
      },
      { files: some(1) },
    ),
  );
});
