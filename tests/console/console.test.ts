import { expect, it } from '@jest/globals';
import { KEYS, some } from '../service/service.js';
import { inBrowser, presentKey } from './browser.js';

inBrowser('the console', (visiting) => {
  it(
    'rejects an unknown key with the service’s message, and says where to find the first key',
    visiting(async ({ page, service }) => {
      await page.goto(service.url);
      await presentKey(page, 'nobody-has-this-key');
      await page.getByRole('alert').getByText('Invalid API key').waitFor();
      await page.getByText('Where do I find a key?').click();
      await page.getByText('DATA_DIR/admin.key').waitFor();
    }),
  );

  it(
    'keeps the key in this tab only, and forgets it on sign-out',
    visiting(async ({ page, service }) => {
      await page.goto(service.url);
      await presentKey(page, KEYS.admin);
      await page.getByRole('group', { name: 'Total' }).waitFor();
      expect(await page.evaluate('Object.values(sessionStorage)')).toEqual([KEYS.admin]);
      expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
      await page.reload();
      await page.getByRole('group', { name: 'Total' }).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('API key').waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
    }),
  );

  it(
    'shows each role only what it may see',
    visiting(
      async ({ page, signIn, open }) => {
        const menu = page.getByRole('navigation', { name: 'Main' }).getByRole('link');
        await signIn('worker');
        expect(await menu.allTextContents()).toEqual(['Overview']);
        await page.getByRole('button', { name: 'Sign out' }).click();
        await signIn('monitor');
        expect(await menu.allTextContents()).toEqual(['Overview', 'Leases', 'Sessions', 'Sources']);
        await open('Sessions');
        await page.getByRole('button', { name: 's001' }).click();
        await page.getByRole('dialog').getByText('added', { exact: true }).waitFor();
        expect(await page.getByRole('dialog').getByRole('button').allTextContents()).toEqual(['×']);
      },
      { files: some(1) },
    ),
  );

  it(
    'opens at the URL of the sessions, and shows them',
    visiting(
      async ({ page, service, open }) => {
        await page.goto(`${service.url}/sessions`);
        await presentKey(page, KEYS.monitor);
        await page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor();
        await page.getByRole('button', { name: 's001' }).waitFor();
        await open('Leases');
        await open('Sessions');
        expect(page.url()).toBe(`${service.url}/sessions#/sessions`);
      },
      { files: some(1) },
    ),
  );

  it(
    'signs out when its key is revoked, and says why',
    visiting(async ({ page, service }) => {
      const { body } = await service
        .as('admin')
        .post('/keys')
        .send({ name: 'leaver', role: 'admin' })
        .expect(201);
      await page.goto(service.url);
      await presentKey(page, body.key);
      await page.getByRole('group', { name: 'Total' }).waitFor();
      await service.as('admin').delete(`/keys/${body.id}`).expect(200);
      await page.getByRole('alert').getByText('Invalid API key').waitFor();
      expect(await page.getByRole('navigation', { name: 'Main' }).isVisible()).toBe(false);
    }),
  );

  it(
    'says how to start if there are no sessions yet',
    visiting(async ({ page, service, signIn, open }) => {
      await signIn('admin');
      await page.getByText('Drop .session files into').waitFor();
      await open('Leases');
      await page.getByText(`curl -H "X-API-Key: YOUR_KEY" ${service.url}/session`).waitFor();
    }),
  );

  it(
    'shows events as they happen',
    visiting(
      async ({ page, service, signIn }) => {
        await signIn('admin');
        await page.getByText('Live', { exact: true }).waitFor();
        const lease = await service.lease();
        await page.getByRole('log').getByText('leased').waitFor();
        await page.getByRole('group', { name: 'In use' }).getByText('1', { exact: true }).waitFor();
        await service
          .as('worker')
          .post('/floodwait')
          .send({ ...lease, wait_seconds: 3600 })
          .expect(200);
        await page.getByRole('log').getByText('flood wait').waitFor();
        await page.getByRole('group', { name: 'Flood wait' }).getByText('1', { exact: true }).waitFor();
      },
      { files: some(2) },
    ),
  );

  it(
    'polls the status if the event stream does not work',
    visiting(
      async ({ page, service, signIn }) => {
        await page.route('**/events', (route) => route.abort());
        await signIn('monitor');
        await page.getByText('Every 5 s').waitFor();
        await service.lease();
        await page.getByRole('group', { name: 'In use' }).getByText('1', { exact: true }).waitFor();
        await page.unroute('**/events');
        await page.getByText('Live', { exact: true }).waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'shows every name as plain text',
    visiting(
      async ({ page, signIn, open }) => {
        await signIn('admin');
        await open('Sessions');
        await page.getByRole('button', { name: '<img src=x onerror=alert(1)>' }).click();
        await page
          .getByRole('dialog')
          .getByRole('heading', { name: '<img src=x onerror=alert(1)>' })
          .waitFor();
        expect(await page.locator('img[src="x"]').count()).toBe(0);
      },
      { files: ['<img src=x onerror=alert(1)>.session'] },
    ),
  );

  it(
    'fits the width of a phone everywhere',
    visiting(
      async ({ page, service, signIn, open }) => {
        await page.setViewportSize({ width: 360, height: 740 });
        await service.lease();
        await signIn('admin');
        for (const part of ['Leases', 'Sessions', 'Sources', 'Files', 'Keys', 'Overview']) {
          await open(part);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
        }
      },
      { files: [...some(3), `${'long-name-'.repeat(20)}.session`] },
    ),
  );
});
