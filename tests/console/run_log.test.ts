import { expect, it } from '@jest/globals';
import type { Service } from '../service/service.js';
import { seedRun, seedSource } from '../sources/seeding.js';
import { inBrowser } from './browser.js';

/** A run that is queued, with so many entries in its log. */
async function seedLog(service: Service, entries: number): Promise<number> {
  const source = await seedSource(service);
  const { id } = await seedRun(service, source.id);
  await log(service, id, 1, entries);
  return id;
}

function log(service: Service, run: number, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const entries = numbers.map(
    (number) => ({ at: number, level: 'info', message: `page ${number}` }) as const,
  );
  return service.container.database.runs.log(run, entries);
}

inBrowser('the log of a run in the console', (visiting) => {
  it(
    'shows its newest entries, and as many of the earlier ones as are asked for, up to 3,000',
    visiting(async ({ page, service, signIn }) => {
      const id = await seedLog(service, 3100);
      await signIn('monitor', `/runs/${id}`);
      const lines = page.getByRole('log').locator('[data-level]');
      await lines.getByText('page 3100', { exact: true }).waitFor();
      for (let shown = 300; shown < 3000; shown += 300) {
        expect(await lines.count()).toBe(shown);
        await page.getByRole('button', { name: /^Show earlier entries/ }).click();
        await lines.getByText(`page ${3101 - shown - 300}`, { exact: true }).waitFor();
      }
      await page.getByText('The newest 3,000 are shown: search for earlier ones.').waitFor();
      await page.getByLabel('Search the log').fill('page 17');
      await lines.getByText('page 17', { exact: true }).waitFor();
    }),
  );

  it(
    'keeps no more than 3,000 entries while it grows',
    visiting(async ({ page, service, signIn }) => {
      await page.clock.install();
      const id = await seedLog(service, 300);
      await signIn('monitor', `/runs/${id}`);
      const lines = page.getByRole('log').locator('[data-level]');
      await lines.getByText('page 300', { exact: true }).waitFor();
      for (const end of [1300, 2300, 3300]) {
        await log(service, id, end - 999, end);
        await page.clock.fastForward(2000);
        await lines.getByText(`page ${end}`, { exact: true }).waitFor();
      }
      expect(await lines.count()).toBe(3000);
      await page.getByText('3300 entries').waitFor();
    }),
  );
});
