import { expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { telethonFile } from '../intake/session_files.js';
import { some } from '../service/service.js';
import { seedSource } from '../sources/seeding.js';
import { inBrowser } from './browser.js';
import { atTelegram } from './over_sandbox.js';

/** Five hundred transactions, and as many files, on a busy machine. */
const HUNDREDS = { timeout: 45_000 };

inBrowser('actions on many sessions in the console', (visiting) => {
  it(
    'change all 500 that match, and say for each why it was refused',
    visiting(
      async ({ page, service, signIn }) => {
        const { session_id } = await service.lease('session_name=s001');
        const { body } = await service.as('admin').get('/sessions?q=s002').expect(200);
        await seedSource(service, { name: 'Team', accessLevel: 'private', sessionId: body[0].id });
        await signIn('admin', '/sessions');
        await page.getByLabel('Select all on this page').click();
        await page.getByRole('button', { name: 'Select all 500 that match' }).click();
        // Whoever changes the choice does not mean all any more.
        await page.getByRole('checkbox', { name: 'Select s003' }).click();
        await page.getByText('49 selected').waitFor();
        await page.getByRole('checkbox', { name: 'Select s003' }).click();
        await page.getByRole('button', { name: 'Select all 500 that match' }).click();

        const tagging = await choose(page, 'Add tags…', 'Add tags to 500 sessions');
        await tagging.getByLabel('Tags, separated by commas').fill('batch');
        await tagging.getByRole('button', { name: 'Add tags' }).click();
        await tagging.getByText('500 done, 0 failed').waitFor(HUNDREDS);
        await close(tagging);
        await page.getByRole('row', { name: 's050' }).getByText('batch').waitFor();

        await page.getByLabel('Select all on this page').click();
        await page.getByRole('button', { name: 'Select all 500 that match' }).click();
        const deleting = await choose(page, 'Delete…', 'Delete 500 sessions?');
        await deleting.getByRole('button', { name: 'Delete' }).click();
        await deleting.getByText('498 done, 2 failed').waitFor(HUNDREDS);
        const refused = deleting.getByRole('list', { name: 'Failed' }).getByRole('listitem');
        await refused
          .filter({ hasText: `#${session_id}` })
          .getByText('The session is in use')
          .waitFor();
        await refused
          .filter({ hasText: 'A source reads with' })
          .getByRole('link', { name: 'Team' })
          .waitFor();
        await close(deleting);
        await page.getByText('1–2 of 2', { exact: true }).waitFor();

        await page.getByLabel('Select all on this page').click();
        const invalidating = await choose(page, 'Invalidate…', 'Invalidate 2 sessions?');
        await invalidating.getByLabel('Reason').fill('sold');
        await invalidating.getByRole('button', { name: 'Invalidate' }).click();
        await invalidating.getByText('2 done, 0 failed').waitFor();
        expect(await service.status()).toMatchObject({ total: 2, free: 0, in_use: 0 });
      },
      { files: some(500) },
    ),
    120_000,
  );

  it(
    'show how far they are, stay until they are stopped, and say how many were not begun',
    atTelegram(
      visiting,
      async ({ page, sandbox, signIn }) => {
        await sandbox.behave(2, 'silent');
        await signIn('admin', '/sessions');
        await page.getByLabel('Select all on this page').click();
        await page.getByRole('button', { name: 'Select all 60 that match' }).click();
        const testing = await choose(page, 'Test', 'Test 60 sessions?');
        await testing.getByRole('button', { name: 'Test' }).click();
        await testing.getByRole('progressbar', { name: 'Progress' }).waitFor();
        await testing.getByText(/^([89]|\d\d) of 60$/).waitFor();
        await page.keyboard.press('Escape');
        await testing.getByRole('button', { name: 'Stop' }).click();
        const summary = testing.getByRole('status').filter({ hasText: 'not begun' });
        const [valid, failed, left] = ((await summary.textContent()) ?? '').match(/\d+/g)?.map(Number) ?? [];
        expect(valid).toBe(0);
        expect(failed).toBeGreaterThanOrEqual(8);
        expect(left).toBeGreaterThan(0);
        expect(Number(failed) + Number(left)).toBe(60);
        const refused = testing.getByRole('list', { name: 'Failed' }).getByRole('listitem');
        expect(await refused.filter({ hasText: 'Telegram did not answer' }).count()).toBe(failed);
      },
      {
        files: Object.fromEntries(some(60).map((name) => [name, telethonFile()])),
        telegramLimits: { connectSeconds: 1, callSeconds: 1 },
      },
    ),
  );
});

/** Begins an action on the sessions that were chosen. */
async function choose(page: Page, action: string, title: string): Promise<Locator> {
  const chosen = page.getByRole('region', { name: 'Selected sessions' });
  await chosen.getByRole('button', { name: action, exact: true }).click();
  const dialog = page.getByRole('dialog', { name: title });
  await dialog.waitFor();
  return dialog;
}

function close(dialog: Locator): Promise<void> {
  return dialog.getByRole('button', { name: 'Close' }).last().click();
}
