import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { some } from '../service/service.js';
import { inBrowser, presentKey } from './browser.js';

inBrowser('the console for an admin', (visiting) => {
  it(
    'releases a lease only after confirmation',
    visiting(
      async ({ page, service, signIn, open }) => {
        await service.lease();
        await signIn('admin');
        await open('Leases');
        await page.getByRole('button', { name: 'Release' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
        expect(await service.status()).toMatchObject({ in_use: 1 });
        await page.getByRole('button', { name: 'Release' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
        await page.getByText('No current leases').waitFor();
        expect(await service.status()).toMatchObject({ in_use: 0, unavailable_reasons: { cooldown: 1 } });
      },
      { files: some(1) },
    ),
  );

  it(
    'shows in the dialog why an action failed',
    visiting(
      async ({ page, service, signIn, open }) => {
        const { session_id, lease_id } = await service.lease();
        await signIn('admin');
        await open('Leases');
        await page.getByRole('button', { name: 'Release' }).click();
        await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
        await service.lease('', 'rival');
        await page.getByRole('dialog').getByRole('button', { name: 'Release' }).click();
        await page.getByRole('dialog').getByRole('alert').getByText('lease_lost').waitFor();
        expect(await service.status()).toMatchObject({ in_use: 1 });
      },
      { files: some(1) },
    ),
  );

  it(
    'finds sessions by name and by state',
    visiting(
      async ({ page, service, signIn, open }) => {
        await service.lease('session_name=s002');
        await signIn('admin');
        await open('Sessions');
        await page.getByLabel('Search').fill('S003');
        await page.getByText('1 found').waitFor();
        expect(await page.getByRole('row').allTextContents()).toEqual([
          expect.stringContaining('Name'),
          expect.stringContaining('s003'),
        ]);
        await page.getByLabel('Search').fill('');
        await page.getByLabel('State').selectOption('In use');
        await page.getByText('1 found').waitFor();
        await page.getByRole('row', { name: 's002' }).waitFor();
        await page.getByLabel('Search').fill('nothing like it');
        await page.getByText('No session matches').waitFor();
      },
      { files: some(5) },
    ),
  );

  it(
    'shows a large pool a hundred sessions at a time',
    visiting(
      async ({ page, signIn, open }) => {
        await signIn('admin');
        await open('Sessions');
        await page.getByText('1 to 100 of 120').waitFor();
        expect(await page.getByRole('row').count()).toBe(101);
        await page.getByRole('button', { name: 'Next' }).click();
        await page.getByText('101 to 120 of 120').waitFor();
        expect(await page.getByRole('row').count()).toBe(21);
      },
      { files: some(120) },
    ),
  );

  it(
    'tags, deactivates, activates, invalidates and restores a session, and shows its history',
    visiting(
      async ({ page, signIn, open, service }) => {
        await signIn('admin');
        await open('Sessions');
        await page.getByRole('button', { name: 's001' }).click();
        const panel = page.getByRole('dialog', { name: 's001', exact: true });
        await panel.getByRole('button', { name: 'Edit tags' }).click();
        await page.getByLabel('Tags, separated by commas').fill('eu, warm');
        await page.getByRole('button', { name: 'Save tags' }).click();
        await panel.getByText('warm', { exact: true }).waitFor();
        await panel.getByRole('button', { name: 'Deactivate' }).click();
        await panel.getByRole('button', { name: 'Activate', exact: true }).click();
        await panel.getByRole('button', { name: 'Invalidate' }).click();
        await page.getByLabel('Reason').fill('asked for a new login');
        await page
          .getByRole('dialog', { name: 'Invalidate' })
          .getByRole('button', { name: 'Invalidate' })
          .click();
        await panel.getByRole('button', { name: 'Restore' }).click();
        for (const event of ['added', 'deactivated', 'activated', 'invalidated', 'restored'])
          await panel.getByRole('listitem').getByText(event, { exact: true }).waitFor();
        expect((await service.as('admin').get('/sessions/1').expect(200)).body).toMatchObject({
          tags: ['eu', 'warm'],
          status: 'free',
        });
      },
      { files: some(1) },
    ),
  );

  it(
    'keeps the focus in a dialog, and returns it to where it was',
    visiting(
      async ({ page, signIn, open }) => {
        await signIn('admin');
        await open('Sessions');
        const row = page.getByRole('button', { name: 's001' });
        await row.focus();
        await page.keyboard.press('Enter');
        await page.getByRole('dialog').waitFor();
        expect(await page.evaluate('document.activeElement.closest("dialog") !== null')).toBe(true);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'hidden' });
        expect(await page.evaluate('document.activeElement.textContent')).toBe('s001');
      },
      { files: some(1) },
    ),
  );

  it(
    'shows what a sync would do, and which files were refused and why',
    visiting(
      async ({ page, signIn, open }) => {
        await signIn('admin');
        await open('Files');
        await page.getByRole('button', { name: 'Sync now' }).click();
        await page.getByText('Nothing to do').waitFor();
        await page.getByRole('row', { name: 'bad.json' }).getByText('not valid JSON').waitFor();
      },
      { files: { '4915112345678/bad.json': '{', 'good.session': '' } },
    ),
  );

  it(
    'explains why a sync that would empty the pool is refused, and does it only after another confirmation',
    visiting(
      async ({ page, service, signIn, open }) => {
        await signIn('admin');
        await open('Files');
        renameSync(service.sessionsDir, join(service.directory, 'elsewhere'));
        service.write('lone.session');
        await page.getByRole('button', { name: 'Sync now' }).click();
        await page.getByText('12 of 12 sessions no longer have a file').waitFor();
        expect(await service.status()).toMatchObject({ total: 12 });
        await page.getByRole('button', { name: 'Remove anyway' }).click();
        await page.getByRole('button', { name: 'Remove 12 sessions' }).click();
        await page.getByRole('heading', { name: 'Done' }).waitFor();
        expect(await service.status()).toMatchObject({ total: 1 });
      },
      { files: some(12) },
    ),
  );

  it(
    'shows a new key once, and revokes it after confirmation',
    visiting(async ({ page, service, signIn, open }) => {
      await signIn('admin');
      await open('Keys');
      await page.getByLabel('Name').fill('scrapers');
      await page.getByLabel('Maximum concurrent leases').fill('5');
      await page.getByLabel('Limit to tags').fill('news, europe');
      await page.getByLabel('Valid until').fill('2099-01-01T12:00');
      await page.getByRole('button', { name: 'Create key' }).click();
      const key = await page.getByRole('dialog').getByLabel('API key').inputValue();
      await page.getByRole('button', { name: 'I have saved the key' }).click();
      await page.getByRole('row', { name: /scrapers.*5.*news, europe.*in \d+ years/ }).waitFor();
      expect(await page.content()).not.toContain(key);
      await page.getByRole('button', { name: 'Revoke scrapers' }).click();
      await page.getByLabel('Its current leases').selectOption('true');
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await page.getByText('No keys in the database').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.goto(service.url);
      await presentKey(page, key);
      await page.getByRole('alert').getByText('Invalid API key').waitFor();
    }),
  );
});
