import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { some } from '../service/service.js';
import { inBrowser } from './browser.js';
import { holdNext } from './hold.js';

inBrowser('the sessions in the console', (visiting) => {
  it(
    'are found by name and by state, and the address says how',
    visiting(
      async ({ page, service, signIn }) => {
        await service.lease('session_name=s002');
        await signIn('admin', '/sessions');
        await page.getByRole('link', { name: 's001' }).waitFor();
        await page.keyboard.press('/');
        await page.keyboard.type('S003');
        await page.getByText('1–1 of 1', { exact: true }).waitFor();
        expect(new URL(page.url()).search).toBe('?q=S003');
        await page.getByRole('link', { name: 's003' }).click();
        await page.getByRole('heading', { level: 1, name: 's003' }).waitFor();
        await page.goBack();
        await page.getByText('1–1 of 1', { exact: true }).waitFor();
        await page.getByRole('button', { name: 'Clear', exact: true }).click();
        await page.getByLabel('State', { exact: true }).selectOption('leased');
        await page.getByRole('link', { name: 's002' }).waitFor();
        await page.getByText('1–1 of 1', { exact: true }).waitFor();
        await page.getByLabel('Name, phone number or tag').fill('nothing like it');
        await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();
      },
      { files: some(5) },
    ),
  );

  it(
    'are shown a page at a time, from its beginning',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/sessions');
        await page.getByText('1–50 of 60').waitFor();
        expect(await page.getByRole('row').count()).toBe(51);
        await page.getByRole('button', { name: 'Next' }).click();
        await page.getByText('51–60 of 60').waitFor();
        expect(await page.getByRole('row').count()).toBe(11);
        expect(await page.evaluate('scrollY')).toBe(0);
        await page.getByLabel('Rows per page').selectOption('100');
        await page.getByText('1–60 of 60').waitFor();
      },
      { files: some(60) },
    ),
  );

  it(
    'are shown from the last page on, if there are fewer than the address says',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/sessions?page=9');
        await page.getByRole('link', { name: 's060' }).waitFor();
        await page.getByText('51–60 of 60').waitFor();
        expect(await page.getByRole('row').count()).toBe(11);
        expect(new URL(page.url()).search).toBe('?page=2');
      },
      { files: some(60) },
    ),
  );

  it(
    'have their menu beside their name on a phone, too',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/sessions/1');
        const title = await page.getByRole('heading', { level: 1, name: 'sandbox_9996610001' }).boundingBox();
        const menu = await page.getByRole('button', { name: 'Actions for sandbox_9996610001' }).boundingBox();
        if (title === null || menu === null) throw new Error('the header is not shown');
        expect(menu.y).toBeLessThan(title.y + title.height);
        expect(menu.x).toBeGreaterThan(300);
      },
      { files: ['sandbox_9996610001.session'], browser: { viewport: { width: 390, height: 740 } } },
    ),
  );

  it(
    'show every name as plain text',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/sessions');
        await page.getByRole('link', { name: '<img src=x onerror=alert(1)>' }).click();
        await page.getByRole('heading', { level: 1, name: '<img src=x onerror=alert(1)>' }).waitFor();
        expect(await page.locator('img[src="x"]').count()).toBe(0);
      },
      { files: ['<img src=x onerror=alert(1)>.session'] },
    ),
  );

  it(
    'are tagged, taken out of the pool and put back, which can be undone and is one entry of their history',
    visiting(
      async ({ page, service, signIn }) => {
        await signIn('admin', '/sessions/1');
        await choose(page, 'Edit tags…');
        await page.getByLabel('Tags, separated by commas').fill('eu, warm');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('definition').getByText('warm', { exact: true }).waitFor();
        await page.getByRole('button', { name: 'Undo' }).click();
        await page.getByText('No tags').waitFor();
        await choose(page, 'Deactivate');
        await page.getByText('An admin took it out of the pool').waitFor();
        await choose(page, 'Activate');
        await choose(page, 'Invalidate…');
        await page.getByLabel('Reason').fill('asked for a new login');
        await page.getByRole('button', { name: 'Invalidate', exact: true }).click();
        await page.getByText('Out of the pool until an admin restores it. asked for a new login').waitFor();
        await page.getByRole('button', { name: 'Undo' }).last().click();
        const history = page.getByRole('region', { name: 'History' }).getByRole('listitem');
        await history.getByText('restored', { exact: true }).waitFor();
        const { body } = await service.as('admin').get('/sessions/1').expect(200);
        expect(body).toMatchObject({ tags: [], status: 'free' });
        for (const event of ['added', 'deactivated', 'activated', 'invalidated', 'restored'])
          expect(await history.getByText(event, { exact: true }).count()).toBe(1);
      },
      { files: some(1) },
    ),
  );

  it(
    'say why what was done to them could not be undone',
    visiting(
      async ({ page, service, signIn }) => {
        await signIn('admin', '/sessions/1');
        await choose(page, 'Edit tags…');
        await page.getByLabel('Tags, separated by commas').fill('eu');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByRole('definition').getByText('eu', { exact: true }).waitFor();
        await service.as('admin').delete('/sessions/1').expect(200);
        await page.getByRole('button', { name: 'Undo' }).click();
        const notifications = page.getByRole('region', { name: 'Notifications' });
        await notifications.getByText('This session no longer exists.').waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'that another admin has deleted are no longer shown as if they were there',
    visiting(
      async ({ page, service, signIn }) => {
        await signIn('monitor', '/sessions/1');
        await page.getByText('Live', { exact: true }).waitFor();
        await service.as('admin').delete('/sessions/1').expect(200);
        await page
          .getByRole('main')
          .getByRole('alert')
          .getByText('This session no longer exists.')
          .first()
          .waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'that are to leave the pool once their lease ends can be taken back into it before',
    visiting(
      async ({ page, service, signIn }) => {
        await service.lease();
        await service.as('admin').put('/sessions/1').send({ is_active: 'inactive' }).expect(200);
        await signIn('admin', '/sessions/1');
        await page.getByRole('button', { name: /^Actions/ }).click();
        await page.getByRole('menuitem', { name: 'Test', exact: true }).waitFor();
        expect(await page.getByRole('menuitem', { name: 'Deactivate' }).count()).toBe(0);
        await page.getByRole('menuitem', { name: 'Activate' }).click();
        await page.getByText('s001 is back in the pool').waitFor();
        expect((await service.as('admin').get('/sessions/1')).body).toMatchObject({ is_active: 'active' });
      },
      { files: some(1) },
    ),
  );

  it(
    'have that lease ended which was shown, and not one that another worker has got since',
    visiting(
      async ({ page, service, signIn }) => {
        const lease = await service.lease();
        await signIn('admin', '/sessions/1');
        await choose(page, 'Release lease…');
        const dialog = page.getByRole('dialog', { name: 'Release the lease of s001?' });
        await dialog.getByText('may still be using it').waitFor();
        await service.as('worker').post('/release').send(lease).expect(200);
        await service.time.advance(60);
        await service.lease('', 'rival');
        await dialog.getByRole('button', { name: 'Release' }).click();
        await dialog.getByRole('alert').getByText('The lease has ended in the meantime.').waitFor();
        expect(await service.status()).toMatchObject({ in_use: 1 });
        await dialog.getByRole('button', { name: 'Cancel' }).click();
        const { body } = await service.as('admin').get('/sessions/1').expect(200);
        await page.locator(`time[datetime="${body.leased_at}"]`).first().waitFor();
        await choose(page, 'Release lease…');
        await dialog.getByRole('button', { name: 'Release' }).click();
        await dialog.waitFor({ state: 'detached' });
        expect(await service.status()).toMatchObject({ in_use: 0 });
      },
      { files: some(1) },
    ),
  );

  it(
    'have a dialog that stays when an earlier one, closed while it was sent, is done',
    visiting(
      async ({ page, service, signIn }) => {
        await signIn('admin', '/sessions/1');
        await choose(page, 'Rename…');
        const renaming = page.getByRole('dialog', { name: 'Rename s001' });
        await renaming.getByLabel('New name').fill('other');
        const put = await holdNext(page, /\/sessions\/1$/);
        await renaming.getByRole('button', { name: 'Save' }).click();
        await put.asked;
        await page.keyboard.press('Escape');
        await choose(page, 'Edit tags…');
        const tags = page.getByRole('dialog', { name: /^Tags of/ });
        await tags.getByRole('textbox').fill('eu');
        await put.release();
        await page.getByText('Renamed to other').waitFor();
        expect(await tags.getByRole('textbox').inputValue()).toBe('eu');
        expect((await service.as('admin').get('/sessions/1')).body).toMatchObject({ name: 'other' });
      },
      { files: some(1) },
    ),
  );

  it(
    'give the focus back to their menu, also while what was chosen there is still loaded',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/sessions/1');
        const code = await holdNext(page, /\/assets\/session_dialogs/);
        await page.getByRole('button', { name: /^Actions/ }).click();
        const item = page.getByRole('menuitem', { name: 'Edit tags…' });
        // Within the click: before the menu itself, which closes, gives the focus back.
        const focused = await item.evaluate((node) => {
          (node as unknown as { click(): void }).click();
          return (globalThis as unknown as { document: { activeElement: { ariaLabel: string } } }).document
            .activeElement.ariaLabel;
        });
        expect(focused).toBe('Actions for s001');
        await code.asked;
        const dialog = page.getByRole('dialog', { name: 'Tags of s001' });
        expect(await dialog.count()).toBe(0);
        await code.release();
        for (let time = 1; time <= 2; time += 1) {
          await dialog.waitFor();
          await page.waitForFunction('document.activeElement.matches("[role=dialog] input")');
          await page.keyboard.press('Escape');
          await dialog.waitFor({ state: 'detached' });
          expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Actions for s001');
          // Now it is there at once.
          if (time === 1) await choose(page, 'Edit tags…');
        }
      },
      { files: some(1) },
    ),
  );

  it(
    'change in another browser within two seconds',
    visiting(
      async ({ page, service, signIn }) => {
        await signIn('monitor', '/sessions');
        await page.getByRole('row', { name: 's001' }).getByText('Free').waitFor();
        const lease = await service.lease('session_name=s001');
        await page.getByRole('row', { name: 's001' }).getByText('In use').waitFor({ timeout: 2000 });
        await service
          .as('admin')
          .put(`/sessions/${lease.session_id}`)
          .send({ tags: ['moved'] })
          .expect(200);
        await page.getByRole('row', { name: 's001' }).getByText('moved').waitFor({ timeout: 2000 });
      },
      { files: some(2) },
    ),
  );

  it(
    'offer a monitor nothing that changes them',
    visiting(
      async ({ page, signIn }) => {
        await signIn('monitor', '/sessions/1');
        await page.getByRole('region', { name: 'History' }).getByText('added').waitFor();
        const main = page.getByRole('main');
        expect(await main.getByRole('button').count()).toBe(0);
        await page.goto(new URL('/sessions', page.url()).href);
        await page.getByRole('link', { name: 's001' }).waitFor();
        expect(await main.getByRole('checkbox').count()).toBe(0);
      },
      { files: some(1) },
    ),
  );

  it(
    'say which page comes after Back, and where the focus was',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/sessions');
        await page.getByRole('button', { name: 'Add accounts' }).click();
        await page.getByRole('dialog').getByLabel('Phone number').fill('+79001234567');
        await page.goBack();
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        await page.getByRole('button', { name: 'Add accounts' }).click();
        expect(await page.getByRole('dialog').getByLabel('Phone number').inputValue()).toBe('+79001234567');
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        expect(await page.evaluate('document.activeElement.textContent')).toBe('Add accounts');
        await choose(page, 'Edit tags…');
        await page.getByRole('dialog').waitFor();
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
        expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Actions for s001');
      },
      { files: some(1) },
    ),
  );
});

/** Chooses an action of the session whose page is shown. */
async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^Actions/ }).click();
  await page.getByRole('menuitem', { name, exact: true }).click();
}
