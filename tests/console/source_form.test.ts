import { expect, it } from '@jest/globals';
import { some } from '../service/service.js';
import { seedSource } from '../sources/seeding.js';
import { inBrowser } from './browser.js';
import { holdNext } from './hold.js';
import { atTelegram } from './over_sandbox.js';
import { CHANNELS, fact, openForm, openWithAda } from './sources_at.js';

const AT = { seed: CHANNELS };

inBrowser('the form of a source in the console', (visiting) => {
  it(
    'saves no channel that does not exist, shows what is wrong where it is, and keeps what was typed',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, service } = visit;
        await openWithAda(visit);
        const form = await openForm(page);
        const type = (label: string, text: string) => form.getByLabel(label, { exact: true }).fill(text);
        const add = () => form.getByRole('button', { name: 'Add source' }).click();
        await add();
        await form.getByText('Fill in this field.').first().waitFor();
        await type('Channel', 'no good');
        await type('Name', 'News');
        await add();
        await form.getByText('This is neither a channel').waitFor();
        expect(await page.evaluate('document.activeElement.value')).toBe('no good');
        await type('Channel', '@nobody_at_all');
        await add();
        await form.getByText('There is no such channel').waitFor();
        expect((await service.as('admin').get('/sources')).body).toEqual([]);
        await type('Channel', '@daily_news');
        await form.getByRole('button', { name: 'Look up' }).click();
        await form.getByText('Found: Daily').waitFor();
        expect(await form.getByLabel('Stored in').getByRole('option').allTextContents()).toEqual([
          'Local disk',
        ]);
        await type('Path (optional)', '../elsewhere');
        await add();
        await form.getByText("This path leaves the target's directory.").waitFor();
        await type('Path (optional)', '');
        await form.getByLabel('Files to download').selectOption('Only these types');
        await type('File types', 'pdf, a.b!');
        await add();
        await form.getByText('File types are extensions').waitFor();
        await type('File types', '.PDF zip');
        await type('Cron expression (UTC)', '0 3 * *');
        await form.getByText('Enter five fields').waitFor();
        await add();
        await form.getByText('This is not a cron expression.').waitFor();
        await type('Cron expression (UTC)', '*/10 9-17 * * mon-fri');
        await form
          .getByText('Every 10 minutes, between 09:00 and 17:59, Monday through Friday (UTC)')
          .waitFor();
        expect(await form.getByRole('listitem').count()).toBe(5);
        await form.getByLabel('Start now').uncheck();
        await page.reload();
        await form.getByText('Your earlier input was restored.').waitFor();
        await add();
        await page.getByRole('heading', { level: 1, name: 'News' }).waitFor();
        const { body } = await service.as('admin').get('/sources/1').expect(200);
        expect(body).toMatchObject({
          ...{ identifier: '@daily_news', target: 'LOCAL', target_path: null, file_types: ['pdf', 'zip'] },
          ...{ schedule: '*/10 9-17 * * mon-fri', is_active: 'inactive', last_run: null },
        });
      },
      AT,
    ),
  );

  it(
    'says nothing of a channel that was typed over while it was looked up, and keeps what was typed meanwhile',
    atTelegram(
      visiting,
      async (visit) => {
        const { page } = visit;
        await openWithAda(visit);
        const form = await openForm(page);
        const type = (label: string, text: string) => form.getByLabel(label, { exact: true }).fill(text);
        const lookUp = () => form.getByRole('button', { name: 'Look up' }).click();
        await type('Channel', '@daily_news');
        const daily = await holdNext(page, /\/sources\/check$/);
        await lookUp();
        await daily.asked;
        await type('Channel', '@long_archive');
        await daily.release();
        expect(await form.getByText('Found: Daily').count()).toBe(0);
        expect(await form.getByLabel('Name', { exact: true }).inputValue()).toBe('');
        const archive = await holdNext(page, /\/sources\/check$/);
        await lookUp();
        await archive.asked;
        await type('Name', 'My archive');
        await archive.release();
        await form.getByText('Found: Archive').waitFor();
        expect(await form.getByLabel('Name', { exact: true }).inputValue()).toBe('My archive');
      },
      AT,
    ),
  );

  it(
    'says that no session may look up another name today',
    atTelegram(
      visiting,
      async (visit) => {
        const { page } = visit;
        await openWithAda(visit);
        const form = await openForm(page);
        const lookUp = async (username: string) => {
          await form.getByLabel('Channel', { exact: true }).fill(username);
          await form.getByRole('button', { name: 'Look up' }).click();
        };
        await lookUp('@daily_news');
        await form.getByText('Found: Daily').waitFor();
        await lookUp('@long_archive');
        await form.getByText('The sessions have looked up as many names as they may in a day.').waitFor();
      },
      { ...AT, settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
  );

  it(
    'asks for the channels of a session again that was in use',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, service } = visit;
        await openWithAda(visit, '/sources?new=private&session=1');
        const form = page.getByRole('dialog', { name: 'Add source' });
        const lease = await service.lease();
        const choose = form.getByRole('button', { name: 'Choose from its channels' });
        await choose.click();
        await form.getByRole('alert').getByText('The session is in use').waitFor();
        await service.as('worker').post('/release').send(lease).expect(200);
        await choose.click();
        await form.locator('input').and(form.getByLabel('Channels of this session')).click();
        await page.getByRole('option', { name: 'Team' }).waitFor();
      },
      AT,
    ),
  );

  it(
    'can save a channel that nobody could look up',
    visiting(async ({ page, signIn }) => {
      await signIn('admin', '/sources?new=public&identifier=@daily_news&title=Daily');
      const form = page.getByRole('dialog', { name: 'Add source' });
      await form.getByRole('button', { name: 'Add source' }).click();
      await form.getByText('The channel could not be looked up. No session is free.').waitFor();
      await form.getByRole('button', { name: 'Save without looking it up' }).click();
      await page.getByRole('heading', { level: 1, name: 'Daily' }).waitFor();
    }),
  );

  it(
    'reads a private channel with a session that is found by its name, the channel chosen among its channels',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, service } = visit;
        await openWithAda(visit);
        const form = await openForm(page);
        await form.getByLabel('Private').check();
        await form
          .locator('input')
          .and(form.getByLabel('Session', { exact: true }))
          .fill('ad');
        await page.getByRole('option', { name: /^ada/ }).click();
        await form.getByRole('button', { name: 'Choose from its channels' }).click();
        await form.locator('input').and(form.getByLabel('Channels of this session')).click();
        await page.getByRole('option', { name: 'Team' }).click();
        expect(await form.getByLabel('Channel', { exact: true }).inputValue()).toBe('1000000003');
        await form.getByRole('button', { name: 'Add source' }).click();
        await page.getByRole('heading', { level: 1, name: 'Team' }).waitFor();
        await fact(page, 'Read with').getByRole('link', { name: 'ada' }).waitFor();
        const { body } = await service.as('admin').get('/sources/1').expect(200);
        expect(body).toMatchObject({ access_level: 'private', session_id: 1, identifier: '1000000003' });
      },
      AT,
    ),
  );

  it(
    'saves only what was edited',
    visiting(
      async ({ page, service, signIn }) => {
        const whole = { apiId: 12345, targetPath: 'kept', schedule: '0 * * * *', fileTypes: ['pdf'] };
        await seedSource(service, { ...whole, isActive: false, sessionId: 1 });
        await signIn('admin', '/sources/1');
        await page.getByRole('button', { name: 'Edit' }).click();
        const form = page.getByRole('dialog', { name: 'Edit News' });
        await form.getByLabel('Name', { exact: true }).fill('Other news');
        await form.getByLabel('Files to download').selectOption('No files, messages only');
        await form.getByLabel('Schedule', { exact: true }).selectOption('On demand only');
        await form.getByText('It runs only when you start it.').waitFor();
        await form.getByText('More: api_id, bot').click();
        await form.getByLabel('api_id').fill('');
        const asked = page.waitForRequest((request) => request.method() === 'PUT');
        await form.getByRole('button', { name: 'Save' }).click();
        expect((await asked).postDataJSON()).toEqual({
          name: 'Other news',
          file_types: [],
          schedule: '',
          api_id: '',
        });
        await page.getByRole('heading', { level: 1, name: 'Other news' }).waitFor();
        await page.getByRole('button', { name: 'Edit' }).click();
        await page.getByRole('dialog', { name: 'Edit Other news' }).waitFor();
      },
      { files: some(1) },
    ),
  );
});
