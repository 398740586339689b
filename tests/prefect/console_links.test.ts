import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { inBrowser } from '../console/browser.js';
import { fact } from '../console/sources_at.js';
import { makeSource, runOnce } from '../scraping/scraped.js';
import { prefectSettings } from './deployed_sources.js';
import { describeWithPrefect } from './describe_with_prefect.js';
import { sharedPrefect } from './shared_server.js';

describeWithPrefect()('with Prefect', () => {
  inBrowser('the console', (visiting) => {
    it('links a source and its run to their pages there, at PREFECT_UI_URL', async () => {
      const settings = {
        ...prefectSettings(await sharedPrefect(), `pool-${randomUUID()}`),
        PREFECT_UI_URL: 'https://prefect.example/',
      };
      await visiting(
        async ({ page, service, signIn }) => {
          const id = await makeSource(service, 'technews');
          const run = await runOnce(service, id, ({ flow_run_id }) => flow_run_id !== null);
          const { body: source } = await service.as('monitor').get(`/sources/${id}`).expect(200);
          await signIn('monitor', '/sources');
          await page.getByRole('link', { name: 'technews' }).click();
          const link = { name: 'Open in Prefect' };
          const deployment = fact(page.getByRole('main'), 'Prefect').getByRole('link', link);
          expect(await deployment.getAttribute('href')).toBe(
            `https://prefect.example/deployments/deployment/${source.deployment.id}`,
          );
          const row = page.getByRole('table').getByRole('link', { name: `Run ${run.id}`, exact: true });
          await row.click();
          await page.getByRole('heading', { level: 1, name: `Run ${run.id}` }).waitFor();
          const flowRun = page.getByRole('main').getByRole('link', link);
          expect(await flowRun.getAttribute('href')).toBe(
            `https://prefect.example/runs/flow-run/${run.flow_run_id}`,
          );
          expect(run.flow_run_url).toBe(await flowRun.getAttribute('href'));
        },
        { settings, prefectFlow: `flow-${randomUUID()}` },
      )();
    }, 120_000);
  });
});
