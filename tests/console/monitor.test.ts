import { expect, it } from '@jest/globals';
import { some } from '../service/service.js';
import { seedProgress, seedSource } from '../sources/seeding.js';
import { inBrowser } from './browser.js';

/** The pages that a monitor sees, and what is shown once each is complete. */
const PAGES = {
  '/pool': 'Waiting requests',
  '/sessions': 's003',
  '/sessions/1': 'History',
  '/sources': 'Watched',
  '/sources/1': 'Run 1',
  '/sources/1?tab=files': 'too large',
  '/runs': 'Run 1',
  '/runs/1': 'The log is empty.',
  '/runs/1?tab=files': 'too large',
  '/leases': 's002',
} as const;

inBrowser('the console of a monitor', (visiting) => {
  it(
    'has only buttons that work: none asks for a change, none is refused',
    visiting(
      async ({ page, service, signIn }) => {
        await service.lease('session_name=s002');
        const { id } = await seedSource(service, { name: 'Watched', schedule: '0 3 * * *', sessionId: 1 });
        await seedProgress(service, id, 'somebody');
        await signIn('monitor', '/pool');
        const wrong: string[] = [];
        page.on('response', (answer) => {
          const { pathname } = new URL(answer.url());
          const method = answer.request().method();
          if (method !== 'GET' || answer.status() >= 400) wrong.push(`${method} ${pathname}`);
        });
        let pressed = 0;
        for (const [path, shown] of Object.entries(PAGES)) {
          await page.goto(service.url + path);
          const main = page.getByRole('main');
          await main.getByText(shown).filter({ visible: true }).first().waitFor();
          const buttons = main.getByRole('button');
          for (let at = 0; at < (await buttons.count()); at += 1) {
            if (await buttons.nth(at).isDisabled()) continue;
            await buttons.nth(at).click();
            pressed += 1;
            expect(await page.getByRole('menuitem').count()).toBe(0);
            expect(await page.getByRole('dialog').count()).toBe(0);
          }
        }
        expect(pressed).toBeGreaterThan(10);
        expect(wrong).toEqual([]);
      },
      { files: some(3) },
    ),
    120_000,
  );
});
