import { expect, it } from '@jest/globals';
import { some } from '../service/service.js';
import { inBrowser } from './browser.js';

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
});
