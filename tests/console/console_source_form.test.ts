import { expect, it } from '@jest/globals';
import { createTask, validate } from 'node-cron';
import { some } from '../service/service.js';
import { seedSource } from '../sources/seeding.js';
import { inBrowser } from './browser.js';
import { fact, openForm, problemAt } from './sources_at.js';

/** Schedules, and how the console describes them. */
const EXPRESSIONS: readonly (readonly [string, string | null])[] = [
  ['* * * * *', 'Every minute'],
  ['0 * * * *', 'Every hour'],
  ['7 * * * *', 'At 7 minutes past the hour'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['0 */6 * * *', 'On the hour, every 6 hours'],
  ['0 */5 * * *', 'On the hour, every 5 hours'],
  ['0 3,15 * * *', 'At 03:00 and 15:00'],
  ['0 3 * * 7', 'At 03:00, only on Sunday'],
  ['0 3 * * mon-fri', 'At 03:00, Monday through Friday'],
  ['0 0 * * 6-2', 'At 00:00, Saturday through Tuesday'],
  ['0 3 1,15 jan-mar *', 'At 03:00, on day 1 and 15 of the month, January through March'],
  ['0 0 13 * 5', 'At 00:00, on day 13 of the month, only on Friday'],
  ['0 0 29 2 ?', 'At 00:00, on day 29 of the month, only in February'],
  ['30 0 3 * * *', 'At 03:00:30'],
  ['0 22-3 * * *', 'Every hour, between 22:00 and 03:00'],
  ['0 0 L * *', 'At 00:00, on the last day of the month'],
  ['0 0 15W * *', 'At 00:00, on the weekday nearest day 15 of the month'],
  ['0 0 * * 1#2', 'At 00:00, on the second Monday of the month'],
  ['60 * * * *', null],
  ['1/5 * * * *', null],
  ['* * * *', null],
  ['0 0 * * 8', null],
];

inBrowser('the form of a source in the console', (visiting) => {
  it(
    'shows at each field what is wrong with it, and keeps the input',
    visiting(
      async ({ page, signIn, open, service }) => {
        await signIn('admin');
        await open('Sources');
        const form = await openForm(page);
        const type = (label: string, text: string) => form.getByLabel(label, { exact: true }).fill(text);
        const add = () => form.getByRole('button', { name: 'Add source' }).click();
        await type('Channel', 'no good');
        await type('Name', 'News');
        await type('Path (optional)', '../elsewhere');
        await form.getByText('More', { exact: true }).click();
        await type('api_id', 'x');
        await add();
        await problemAt(form, 'api_id').getByText('Expected a whole number').waitFor();
        await type('api_id', '');
        await add();
        await problemAt(form, 'Channel').getByText('Expected a channel such as @name').waitFor();
        expect(await page.evaluate('document.activeElement.id')).toBe('source-channel');
        await type('Channel', '@news');
        await add();
        await problemAt(form, 'Path (optional)').getByText('no "." and no ".."').waitFor();
        await type('Path (optional)', '');
        await form.getByLabel('Stored in').selectOption('NAS');
        await add();
        await problemAt(form, 'Stored in').getByText('NAS needs the setting NAS_ROOT').waitFor();
        await form.getByLabel('Stored in').selectOption('LOCAL');
        await form.getByLabel('Only these').check();
        await type('File types', 'pdf, a.b!');
        await add();
        await problemAt(form, 'File types').getByText('Expected extensions').waitFor();
        await type('File types', '.PDF zip');
        await type('Cron expression', '0 3 * *');
        await form.getByText('Enter five fields').waitFor();
        await add();
        await problemAt(form, 'Cron expression').getByText('Expected a cron expression').waitFor();
        await form.getByLabel('Schedule (UTC)').selectOption('Every 6 hours');
        await type('Cron expression', '*/10 9-17 * * mon-fri');
        await form
          .getByText('Every 10 minutes, between 09:00 and 17:59, Monday through Friday, UTC')
          .waitFor();
        await form.getByLabel('Start now').uncheck();
        await add();
        await page.getByRole('heading', { level: 1, name: 'News' }).waitFor();
        const { body } = await service.as('admin').get('/sources/1').expect(200);
        expect(body).toMatchObject({
          ...{ identifier: '@news', target: 'LOCAL', target_path: null, file_types: ['pdf', 'zip'] },
          ...{ schedule: '*/10 9-17 * * mon-fri', is_active: 'inactive', last_run: null },
        });
      },
      { files: some(1) },
    ),
  );

  it(
    'saves only what was edited, and asks before edits are lost',
    visiting(
      async ({ page, service, signIn, open }) => {
        const whole = { apiId: 12345, targetPath: 'kept', schedule: '0 * * * *', fileTypes: ['pdf'] };
        await seedSource(service, { ...whole, isActive: false });
        await signIn('admin');
        await open('Sources');
        await page.getByRole('link', { name: 'News' }).click();
        await page.getByRole('button', { name: 'Edit' }).click();
        const form = page.getByRole('dialog', { name: 'Edit News' });
        await form.getByLabel('Name', { exact: true }).fill('Other news');
        await page.keyboard.press('Escape');
        const question = page.getByRole('dialog', { name: 'Discard your changes?' });
        await question.getByRole('button', { name: 'Go back' }).click();
        await form.getByLabel('Session (optional)').fill('s001');
        await form.getByLabel('None, messages only').check();
        await form.getByLabel('Schedule (UTC)').selectOption('On demand only');
        await form.getByText('Runs only when you start it').waitFor();
        await form.getByText('More', { exact: true }).click();
        await form.getByLabel('api_id').fill('');
        const asked = page.waitForRequest((request) => request.method() === 'PUT');
        await form.getByRole('button', { name: 'Save' }).click();
        expect((await asked).postDataJSON()).toEqual({
          ...{
            name: 'Other news',
            session_id: 1,
            file_types: [],
            schedule: '',
            api_id: '',
            api_hash: '',
          },
        });
        await page.getByRole('heading', { level: 1, name: 'Other news' }).waitFor();
        await fact(page, 'Session').getByRole('button', { name: 's001' }).waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'explains a schedule as the service understands it',
    visiting(async ({ page, service }) => {
      await page.goto(service.url);
      const before = EXPRESSIONS.map(([text]) => nextOf(text));
      const told = await page.evaluate<{ words: string | null; next: string | null }[]>(
        `import('/cron.js').then(({ cronWords, nextDue }) =>
          ${JSON.stringify(EXPRESSIONS)}.map(([text]) => {
            const next = nextDue(text, new Date());
            return { words: cronWords(text), next: next && next.toISOString() };
          }))`,
      );
      expect(told.map(({ words }) => words)).toEqual(EXPRESSIONS.map(([, words]) => words));
      for (const [at, [text]] of EXPRESSIONS.entries())
        expect([before[at], nextOf(text)]).toContain(told[at]?.next);
    }),
  );
});

/** When an expression is due next, as the service has it; null: it is none. */
function nextOf(text: string): string | null {
  if (!validate(text)) return null;
  const [next] = createTask(text, () => undefined, { timezone: 'UTC' }).getNextRuns(1);
  return next?.toISOString() ?? null;
}
