import { it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { some } from '../service/service.js';
import { inBrowser } from './browser.js';
import { atTelegram } from './over_sandbox.js';
import { addPublic, CHANNELS, openWithAda } from './sources_at.js';

/** What one does is shown to another within this time, in milliseconds. */
const IN_STEP = { timeout: 2000 };

inBrowser('two browsers at the console', (visiting) => {
  it(
    'are in step about leases, wherever they are begun and ended',
    visiting(
      async ({ page, service, signIn, another }) => {
        await signIn('admin', '/leases');
        const other = await another('monitor', '/leases');
        await Promise.all([page, other].map((one) => shown(one, 'No session is leased')));
        await isLive(other);
        const { session_name } = await service.lease();
        await row(other, session_name).waitFor(IN_STEP);
        await page.getByRole('button', { name: `End the lease of ${session_name}` }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'End lease' }).click();
        await row(page, session_name).waitFor({ state: 'detached' });
        await row(other, session_name).waitFor({ state: 'detached', ...IN_STEP });
      },
      { files: some(1) },
    ),
  );

  it(
    'are in step about sources and their runs',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, another } = visit;
        await openWithAda(visit);
        const other = await another('monitor', '/sources');
        const runs = await another('monitor', '/runs');
        await Promise.all([shown(other, 'No sources yet'), shown(runs, 'No runs yet')]);
        await Promise.all([isLive(other), isLive(runs)]);
        await addPublic(page, 'Archive', '@long_archive');
        await row(other, 'Archive').waitFor(IN_STEP);
        await row(runs, 'Archive').getByText('Running').waitFor();
        await page.getByRole('link', { name: 'Run 1' }).first().click();
        await page.getByRole('button', { name: 'Cancel run' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Cancel run' }).click();
        await page.getByText('It was cancelled').waitFor();
        await row(runs, 'Archive').getByText('Cancelled').waitFor(IN_STEP);
        await row(other, 'Archive').getByText('Cancelled').waitFor(IN_STEP);
        await page.getByRole('link', { name: 'Archive' }).click();
        await page.getByRole('button', { name: 'Actions for Archive' }).click();
        await page.getByRole('menuitem', { name: 'Delete…' }).click();
        await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
        await shown(page, 'No sources yet');
        await other.getByRole('heading', { name: 'No sources yet' }).waitFor(IN_STEP);
      },
      { seed: CHANNELS },
    ),
  );

  it(
    'are in step about keys',
    visiting(async ({ page, signIn, another }) => {
      await signIn('admin', '/keys');
      const other = await another('admin', '/keys');
      await shown(other, 'No keys yet');
      await isLive(other);
      await page.getByRole('button', { name: 'Create key' }).click();
      const form = page.getByRole('dialog', { name: 'Create an API key' });
      await form.getByLabel('Name').fill('scrapers');
      await form.getByRole('button', { name: 'Create key' }).click();
      await page.getByRole('button', { name: 'I have saved the key' }).click();
      await row(other, 'scrapers').waitFor(IN_STEP);
      await page.getByRole('button', { name: 'Revoke scrapers' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await shown(page, 'No keys yet');
      await row(other, 'scrapers').waitFor({ state: 'detached', ...IN_STEP });
    }),
  );
});

function row(page: Page, name: string) {
  return page.getByRole('row', { name: new RegExp(name) });
}

function shown(page: Page, heading: string): Promise<void> {
  return page.getByRole('heading', { name: heading }).waitFor();
}

/** It listens to the service: from then on it is in step. */
function isLive(page: Page): Promise<void> {
  return page.getByText('Live', { exact: true }).waitFor();
}
