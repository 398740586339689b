import { expect, it } from '@jest/globals';
import { some } from '../service/service.js';
import { seedProgress, seedSource } from '../sources/seeding.js';
import { inBrowser } from './browser.js';
import { atTelegram } from './over_sandbox.js';
import { addPublic, CHANNELS, fact, openForm, openSources, problemAt } from './sources_at.js';

const AT = { seed: CHANNELS };

inBrowser('sources in the console', (visiting) => {
  it(
    'say how to start if there are none, and that a session is needed first',
    visiting(async ({ page, signIn, open }) => {
      await signIn('admin');
      await open('Sources');
      await page.getByText('No sources yet').waitFor();
      await page.getByRole('link', { name: 'add one to the pool' }).waitFor();
      await page.getByText('is all it takes').getByRole('button').click();
      await page.getByRole('dialog', { name: 'Add a source' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
    }),
  );

  it(
    'are shown to monitors, who cannot change them',
    visiting(
      async ({ page, service, signIn, open }) => {
        const { id } = await seedSource(service, {
          name: '<b>Watched</b>',
          targetPath: 'long-name/'.repeat(9),
        });
        await seedProgress(service, id, 'somebody');
        await page.setViewportSize({ width: 360, height: 740 });
        await signIn('monitor');
        await open('Sources');
        await page.getByRole('link', { name: '<b>Watched</b>' }).click();
        await page.getByRole('heading', { level: 1, name: '<b>Watched</b>' }).waitFor();
        await page.getByRole('button', { name: 'Run 1' }).click();
        const panel = page.getByRole('dialog', { name: 'Run #1 of <b>Watched</b>' });
        await panel.getByRole('tab', { name: 'Files' }).click();
        await panel.getByText('too large').waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
        expect(await panel.getByRole('button').allTextContents()).toEqual(['×']);
        await page.keyboard.press('Escape');
        expect(await page.getByRole('main').getByRole('button').allTextContents()).toEqual(['#1']);
      },
      { files: some(1) },
    ),
  );

  it(
    'are added, and their runs shown live, with log and files',
    atTelegram(
      visiting,
      async (visit) => {
        const { page } = visit;
        await openSources(visit);
        await addPublic(page, 'Daily', '@daily_news');
        const runs = page.getByRole('table', { name: 'Runs' });
        await runs.getByText('Completed').waitFor();
        await runs.getByText(/^240 /).waitFor();
        await fact(page, 'Total').getByText('240 messages, 120 files').waitFor();
        await runs.getByRole('button', { name: 'Run 1' }).click();
        const panel = page.getByRole('dialog', { name: 'Run #1 of Daily' });
        await panel.getByRole('log').getByText('reads with ada').waitFor();
        await panel.getByRole('log').getByText('completed: ').waitFor();
        expect(await panel.getByRole('log').getByText('info', { exact: true }).count()).toBe(2);
        await panel.getByRole('tab', { name: 'Files' }).click();
        await panel.getByText('1 to 100 of 120').waitFor();
        await panel.getByRole('button', { name: 'Next' }).click();
        await panel.getByText('101 to 120 of 120').waitFor();
        expect(await panel.getByText('Stored', { exact: true }).count()).toBe(21);
        await page.keyboard.press('Escape');
        expect(await page.evaluate('document.activeElement.textContent')).toBe('#1');
      },
      AT,
    ),
  );

  it(
    'are paused, run again, cancelled while running, and deleted after confirmation',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, service } = visit;
        await openSources(visit);
        await addPublic(page, 'Archive', 'https://t.me/long_archive');
        const runs = page.getByRole('table', { name: 'Runs' });
        const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
        await runs.getByRole('row', { name: 'Run 1' }).getByText('Running').waitFor();
        await press('Cancel run');
        await runs.getByRole('row', { name: 'Run 1' }).getByText('Cancelled').waitFor();
        await press('Pause');
        await page.getByRole('button', { name: 'Resume' }).waitFor();
        await fact(page, 'State').getByText('Paused').waitFor();
        await press('Run now');
        await runs.getByRole('button', { name: 'Run 2' }).click();
        const panel = page.getByRole('dialog', { name: 'Run #2 of Archive' });
        await fact(panel, 'Messages')
          .getByText(/^[1-9]/)
          .waitFor();
        await panel.getByRole('button', { name: 'Cancel run' }).click();
        await panel.getByText('Cancelled', { exact: true }).waitFor();
        await page.keyboard.press('Escape');
        await press('Delete');
        const question = page.getByRole('dialog', { name: 'Delete this source?' });
        await question.getByText('Stored messages and files are kept: LOCAL, source-1').waitFor();
        await question.getByRole('button', { name: 'Delete' }).click();
        await page.getByText('No sources yet').waitFor();
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
        await openSources(visit);
        const lease = await service.lease();
        await addPublic(page, 'Nobody', '@nobody_at_all');
        const row = page.getByRole('row', { name: 'Run 1' });
        await row.getByText('Waiting').waitFor();
        await row.getByText('for a session, since').waitFor();
        await page.getByRole('link', { name: 'All sources' }).click();
        const listed = page.getByRole('row', { name: 'Nobody' });
        await listed.getByText('Waiting').waitFor();
        await service.as('worker').post('/release').send(lease).expect(200);
        await listed.getByText('Failed').waitFor();
        await listed.getByRole('link').click();
        await row.getByText('Telegram knows no such channel').waitFor();
        await row.getByRole('button').click();
        const panel = page.getByRole('dialog', { name: 'Run #1 of Nobody' });
        await fact(panel, 'Error').getByText('USERNAME_NOT_OCCUPIED').waitFor();
        await panel.getByRole('log').getByText('warning', { exact: true }).waitFor();
      },
      AT,
    ),
  );

  it(
    'of a private channel are read by a session chosen by name, with the channel chosen from its channels',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, service } = visit;
        await openSources(visit);
        const form = await openForm(page);
        await form.getByLabel('Private').check();
        await form.getByLabel('Session', { exact: true }).fill('eve');
        await form.getByRole('button', { name: 'Choose from its channels' }).click();
        await problemAt(form, 'Session').getByText('No session has this name').waitFor();
        await form.getByLabel('Session', { exact: true }).fill('ada');
        await form.getByRole('button', { name: 'Choose from its channels' }).click();
        await page.getByRole('button', { name: 'Choose Team' }).click();
        expect(await form.getByLabel('Channel ID').inputValue()).toBe('1000000003');
        await form.getByRole('button', { name: 'Add source' }).click();
        await page.getByRole('heading', { level: 1, name: 'Team' }).waitFor();
        await fact(page, 'Session').getByRole('button', { name: 'ada' }).waitFor();
        await page.getByRole('table', { name: 'Runs' }).getByText('Completed').waitFor();
        const { body } = await service.as('admin').get('/sources/1').expect(200);
        expect(body).toMatchObject({ access_level: 'private', session_id: 1, identifier: '1000000003' });
      },
      AT,
    ),
  );
});
