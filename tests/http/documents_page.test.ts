import { expect, it } from '@jest/globals';
import { inBrowser } from '../console/browser.js';

inBrowser('the documentation of the API', (visiting) => {
  it(
    'is drawn within the content security policy, but for one style that hides what is empty anyway',
    visiting(async ({ service, page }) => {
      const complaints: string[] = [];
      page.on('console', (message) => {
        const isHidden = message.text().startsWith('Applying inline style');
        if (message.type() === 'error' && !isHidden) complaints.push(message.text());
      });
      page.on('pageerror', ({ message }) => complaints.push(message));
      await page.goto(`${service.url}/docs/`);
      await page.getByText('/status/history').first().waitFor();
      expect(complaints).toEqual([]);
    }),
  );
});
