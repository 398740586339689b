import { it } from '@jest/globals';
import { inBrowser } from '../console/browser.js';

inBrowser('the documentation of the API', (visiting) => {
  it(
    'is drawn within the content security policy',
    visiting(async ({ service, page }) => {
      await page.goto(`${service.url}/docs/`);
      await page.getByText('/status/history').first().waitFor();
    }),
  );
});
