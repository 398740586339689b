import { expect, it } from '@jest/globals';
import { PlainDataCentre } from '../egress/data_centre.js';
import { connected, EGRESS, fenced } from '../egress/with_fence.js';
import { KEYS, some } from '../service/service.js';
import { inBrowser } from './browser.js';

inBrowser('the operation of the service in the console', (visiting) => {
  it(
    'shows who holds what, and ends a lease after confirmation',
    visiting(
      async ({ page, service, signIn }) => {
        await signIn('admin', '/leases');
        await page.getByRole('heading', { name: 'No session is leased' }).waitFor();
        const { session_name } = await service.lease();
        const row = page.getByRole('row', { name: session_name });
        await row.getByText('127.0.0.1').waitFor();
        await row.getByRole('button', { name: `End the lease of ${session_name}` }).click();
        const dialog = page.getByRole('dialog', { name: `End the lease of ${session_name}?` });
        await dialog.getByText('cools down for a minute').waitFor();
        await dialog.getByRole('button', { name: 'End lease' }).click();
        await page.getByRole('heading', { name: 'No session is leased' }).waitFor();
        expect(await service.status()).toMatchObject({ in_use: 0 });
      },
      { files: some(2) },
    ),
  );

  it(
    'shows until when a lease was renewed, which no event tells',
    visiting(
      async ({ page, service, signIn }) => {
        await page.clock.install();
        const lease = await service.lease('ttl=60');
        await signIn('monitor', '/leases');
        const row = page.getByRole('row', { name: lease.session_name });
        await row.locator(`time[datetime="${lease.expires_at}"]`).waitFor();
        const { body } = await service
          .as('worker')
          .post('/heartbeat')
          .send({ session_id: lease.session_id, lease_id: lease.lease_id, ttl: 3600 })
          .expect(200);
        await page.clock.fastForward(5000);
        await row.locator(`time[datetime="${body.expires_at}"]`).waitFor();
      },
      { files: some(1) },
    ),
  );

  it('shows what goes through the egress fence under each lease', async () => {
    const dataCentre = await PlainDataCentre.start();
    const show = visiting(
      async ({ page, service, signIn }) => {
        const lease = await fenced(service);
        const worker = await connected({ service, dataCentre }, lease);
        await signIn('monitor', '/leases');
        await page.getByRole('row', { name: lease.session_name }).getByText('1 connection, ↑').waitFor();
        worker.socket.destroy();
      },
      { files: some(1), settings: EGRESS, network: dataCentre.network },
    );
    await show().finally(() => dataCentre.close());
  });

  it(
    'shows a new key once, keeps what was typed, and revokes it after confirmation',
    visiting(async ({ page, service, signIn }) => {
      await signIn('admin', '/keys');
      await page.getByRole('button', { name: 'Create key' }).click();
      const form = page.getByRole('dialog', { name: 'Create an API key' });
      await form.getByLabel('Maximum concurrent leases').fill('none');
      await form.getByRole('button', { name: 'Create key' }).click();
      await form.getByText('Fill in this field.').waitFor();
      await form.getByText('Enter a whole number').waitFor();
      await form.getByLabel('Name').fill('scrapers');
      await page.reload();
      await page.getByRole('button', { name: 'Create key' }).click();
      expect(await form.getByLabel('Name').inputValue()).toBe('scrapers');
      await form.getByText('Your earlier input was restored.').waitFor();
      await form.getByLabel('Maximum concurrent leases').fill('5');
      await form.getByLabel('Tags, separated by commas').fill('news, europe');
      await form.getByLabel('Valid until').fill('2099-01-01T12:00');
      await form.getByRole('button', { name: 'Create key' }).click();
      const key = await page
        .getByRole('dialog', { name: 'Key of scrapers' })
        .getByLabel('API key', { exact: true })
        .inputValue();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'I have saved the key' }).click();
      await page.getByRole('row', { name: /scrapers.*Worker.*news, europe.*5.*in \d+/ }).waitFor();
      expect(await page.content()).not.toContain(key);
      expect(
        await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])'),
      ).not.toContain(key);
      const { body } = await service.as('admin').get('/keys').expect(200);
      expect(body).toMatchObject([
        { name: 'scrapers', role: 'worker', tags: ['news', 'europe'], max_leases: 5 },
      ]);
      await page.getByRole('button', { name: 'Revoke scrapers' }).click();
      await page.getByLabel('End them now').check();
      const asked = page.waitForRequest((request) => request.method() === 'DELETE');
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      expect((await asked).url()).toContain('end_leases=true');
      await page.getByRole('heading', { name: 'No keys yet' }).waitFor();
      expect((await service.as('admin').get('/keys').expect(200)).body).toEqual([]);
    }),
  );

  it(
    'lists what admins did, by action and text',
    visiting(
      async ({ page, service, signIn }) => {
        await service
          .as('admin')
          .put('/sessions/1')
          .send({ tags: ['eu'] })
          .expect(200);
        await service.as('admin').post('/keys').send({ name: 'new', role: 'worker' }).expect(201);
        await service.as('admin').put('/tags/new:accounts/limits').send({ max_uses_per_day: 5 }).expect(200);
        await service.as('admin').delete('/tags/new:accounts/limits').expect(200);
        await signIn('admin', '/audit');
        await page.getByRole('row', { name: /Key created.*Key 1.*Done/ }).waitFor();
        await page.getByRole('row', { name: /Limit of a tag set.*Tag new:accounts.*Done/ }).waitFor();
        await page.getByRole('row', { name: /Limit of a tag removed.*Tag new:accounts.*Done/ }).waitFor();
        await page.getByLabel('Action').selectOption('Session changed');
        await page.getByText('1–1 of 1', { exact: true }).waitFor();
        await page.getByRole('link', { name: 'Session 1' }).waitFor();
        await page.getByLabel('Key, object, address or request').fill('nothing like it');
        await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
        await page.getByRole('button', { name: 'Clear filters' }).click();
        await page.getByText('1–4 of 4', { exact: true }).waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'shows what the service runs with, hides secrets, and says how to configure what is missing',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/settings');
        await page.getByRole('row', { name: /NAS_ROOT.*\/nas/ }).waitFor();
        await page.getByRole('row', { name: /API_KEYS.*hidden/ }).waitFor();
        await page.getByRole('region', { name: 'Health' }).getByText('Database').waitFor();
        await page.getByRole('article', { name: 'S3 target' }).getByText('S3_BUCKET=').waitFor();
        expect(await page.getByRole('article', { name: 'NAS target' }).count()).toBe(0);
        for (const key of Object.values(KEYS)) expect(await page.content()).not.toContain(key);
      },
      { settings: { NAS_ROOT: '/nas' } },
    ),
  );

  it(
    'offers monitors nothing to change, and tells workers why there is nothing',
    visiting(
      async ({ page, service, signIn }) => {
        const { session_name } = await service.lease();
        await signIn('monitor', '/leases');
        await page.getByRole('row', { name: session_name }).waitFor();
        expect(await page.getByRole('button', { name: /^End the lease/ }).count()).toBe(0);
        const menu = page.getByRole('navigation', { name: 'Main' });
        expect(await menu.getByRole('link', { name: 'Keys' }).count()).toBe(0);
        await page.goto(`${service.url}/keys`);
        await page.getByText('Your key has the role Monitor').waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'tells workers why there is nothing',
    visiting(async ({ page, signIn, service }) => {
      await signIn('worker');
      for (const path of ['/sources', '/runs', '/leases', '/keys', '/audit', '/settings']) {
        await page.goto(service.url + path);
        await page.getByText('Your key has the role Worker').waitFor();
      }
    }),
  );
});
