import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { some } from '../service/service.js';
import { seedProgress, seedSource } from '../sources/seeding.js';
import { inBrowser } from './browser.js';
import { atTelegram } from './over_sandbox.js';
import { addPublic, CHANNELS, fact, openForm, openWithAda } from './sources_at.js';

const AT = { seed: CHANNELS };

inBrowser('sources in the console', (visiting) => {
  it(
    'say what to do first if there are none',
    visiting(async ({ page, signIn }) => {
      await signIn('admin', '/sources');
      await page.getByRole('heading', { name: 'No sources yet' }).waitFor();
      await openForm(page);
      await page.goBack();
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      expect(new URL(page.url()).search).toBe('');
    }),
  );

  it(
    'are listed as the address says, and shown to monitors, who cannot change them',
    visiting(
      async ({ page, service, signIn }) => {
        const { id } = await seedSource(service, {
          name: '<b>Watched</b>',
          targetPath: 'long-name/'.repeat(9),
        });
        await seedSource(service, {
          name: 'Team',
          accessLevel: 'private',
          sessionId: 1,
          schedule: '0 3 * * *',
        });
        await seedProgress(service, id, 'somebody');
        await page.setViewportSize({ width: 390, height: 740 });
        await signIn('monitor', '/sources?access_level=public');
        await page.getByText('1–1 of 1', { exact: true }).waitFor();
        await page.getByRole('button', { name: 'Clear filters' }).click();
        await page.getByRole('link', { name: 'Team' }).waitFor();
        await page.getByLabel('Name or channel').fill('watched');
        await page.getByText('1–1 of 1', { exact: true }).waitFor();
        await page.getByRole('link', { name: '<b>Watched</b>' }).click();
        await page.getByRole('heading', { level: 1, name: '<b>Watched</b>' }).waitFor();
        await page.getByRole('tab', { name: 'Files' }).click();
        await page.getByText('too large').waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
        for (const name of ['Run now', 'Edit', /^Actions for/])
          expect(await page.getByRole('button', { name }).count()).toBe(0);
        expect(await page.getByRole('link', { name: /^Download/ }).count()).toBe(0);
      },
      { files: some(1) },
    ),
  );

  it(
    'say which sessions read for a run together',
    visiting(async ({ page, service, signIn }) => {
      const { id: sourceId } = await seedSource(service, { name: 'Watched' });
      const { id } = await seedProgress(service, sourceId, 'somebody');
      await service.container.database.runs.saveSessions(id, 'somebody', ['ada', 'ben', 'eve']);
      await signIn('monitor', '/runs');
      const cell = page.getByRole('row', { name: /Watched/ }).getByText('ada and 2 others');
      expect(await cell.getAttribute('title')).toBe('ada, ben, and eve');
      await page.getByRole('link', { name: `Run ${id}` }).click();
      await fact(page, 'Sessions reading together').getByText('ada, ben, and eve').waitFor();
    }),
  );

  it(
    'are added, and their runs followed to the file that is downloaded',
    atTelegram(
      visiting,
      async (visit) => {
        const { page } = visit;
        await openWithAda(visit);
        await addPublic(page, 'News of the day', '@daily_news');
        const runs = page.getByRole('table', { name: 'Runs' });
        await runs.getByText('Completed').waitFor();
        await fact(page, 'Stored so far').getByText('240 messages, 120 files').waitFor();
        await fact(page, 'Channel').getByText('Daily').waitFor();
        await runs.getByRole('link', { name: 'Run 1' }).click();
        await page.getByRole('heading', { level: 1, name: 'Run 1' }).waitFor();
        await page.getByText('Everything new is stored').waitFor();
        const log = page.getByRole('log', { name: 'Log' });
        await log.getByText('reads with ada').waitFor();
        await log.getByText('completed: ').waitFor();
        await page.getByLabel('Search the log').fill('completed');
        await log.getByText('reads with ada').waitFor({ state: 'detached' });
        await page.getByLabel('Level').selectOption('Errors');
        await page.getByText('Nothing matches').waitFor();
        await page.getByRole('tab', { name: 'Files' }).click();
        await page.getByText('1–50 of 120').waitFor();
        await page.getByRole('button', { name: 'Next' }).click();
        await page.getByText('51–100 of 120').waitFor();
        const link = page.getByRole('link', { name: /^Download / }).first();
        const downloading = page.waitForEvent('download');
        await link.click();
        const download = await downloading;
        expect(download.suggestedFilename()).toBe(await link.textContent());
        expect(readFileSync(await download.path()).length).toBeGreaterThan(0);
      },
      AT,
    ),
  );

  it(
    'are paused with a way back, run again, cancelled while running, and deleted after confirmation',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, service } = visit;
        await openWithAda(visit);
        await addPublic(page, 'Archive', 'https://t.me/long_archive');
        const choose = async (action: string) => {
          await page.getByRole('button', { name: 'Actions for Archive' }).click();
          await page.getByRole('menuitem', { name: action }).click();
        };
        const current = page.getByRole('region', { name: 'Current run' });
        await current.getByText(/of 100,000 messages/).waitFor();
        await current.getByRole('progressbar').waitFor();
        await current.getByRole('link', { name: 'Run 1' }).click();
        await page.getByText(/ left$/).waitFor();
        await page.getByRole('button', { name: 'Cancel run' }).click();
        const question = page.getByRole('dialog', { name: 'Cancel run 1?' });
        await question.getByRole('button', { name: 'Cancel run' }).click();
        await page.getByText('It was cancelled').waitFor();
        await page.getByRole('link', { name: 'Archive' }).click();
        await choose('Pause');
        await page.getByText('Paused', { exact: true }).waitFor();
        await page.getByRole('button', { name: 'Undo' }).click();
        await page.getByText('Paused', { exact: true }).waitFor({ state: 'detached' });
        await page.getByRole('button', { name: 'Run now' }).click();
        await page.getByRole('row', { name: /Run 2.*By hand/ }).waitFor();
        await page.getByRole('button', { name: 'Run now' }).click();
        await page.getByRole('alert').getByText('being read already').waitFor();
        await choose('Delete…');
        const deleting = page.getByRole('dialog', { name: 'Delete Archive?' });
        await deleting.getByText('Stored messages and files are kept: LOCAL, source-1').waitFor();
        await deleting.getByRole('button', { name: 'Delete' }).click();
        await page.getByRole('heading', { name: 'No sources yet' }).waitFor();
        expect((await service.as('admin').get('/sources').expect(200)).body).toEqual([]);
      },
      AT,
    ),
  );

  it(
    'show why a run waits, and why one failed',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, service } = visit;
        await openWithAda(visit);
        const lease = await service.lease();
        const gone = {
          name: 'Nobody',
          identifier: '@nobody_at_all',
          access_level: 'public',
          target: 'LOCAL',
        };
        await service.as('admin').post('/sources').send(gone).expect(200);
        await page
          .getByRole('row', { name: /Nobody/ })
          .getByText('Waiting')
          .waitFor();
        await page.getByRole('link', { name: 'Nobody' }).click();
        await page.getByText('for a session, since').first().waitFor();
        await service.as('worker').post('/release').send(lease).expect(200);
        const row = page.getByRole('row', { name: /Run 1/ });
        await row.getByText('Telegram knows no such channel').waitFor();
        await row.getByRole('link', { name: 'Run 1' }).click();
        await page.getByText('USERNAME_NOT_OCCUPIED').first().waitFor();
        await page.getByRole('log').getByText('Warning', { exact: true }).waitFor();
      },
      AT,
    ),
  );

  it(
    'are the way to let go of a session that cannot be deleted',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, service } = visit;
        await openWithAda(visit);
        await seedSource(service, {
          name: 'Team',
          accessLevel: 'private',
          sessionId: 1,
          identifier: '1000000003',
        });
        await page.goto(`${service.url}/sessions/1`);
        await page.getByRole('button', { name: 'Actions for ada' }).click();
        await page.getByRole('menuitem', { name: 'Delete…' }).click();
        const dialog = page.getByRole('dialog', { name: 'Delete ada?' });
        await dialog.getByRole('button', { name: 'Delete' }).click();
        await dialog.getByRole('link', { name: 'Team' }).click();
        await page.getByRole('heading', { level: 1, name: 'Team' }).waitFor();
        await fact(page, 'Read with').getByRole('link', { name: 'ada' }).waitFor();
      },
      AT,
    ),
  );
});
