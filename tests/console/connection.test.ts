import { expect, it } from '@jest/globals';
import { some } from '../service/service.js';
import { inBrowser } from './browser.js';
import { holdNext } from './hold.js';

const EVENTS = /\/api\/v1\/events$/;
const REFUSED = { status: 503 } as const;

/** How often the console asks without a stream, in milliseconds. */
const POLL_MS = 5000;

inBrowser('the connection of the console to the service', (visiting) => {
  it(
    'is live again after a stream of events was refused, as by a proxy whose service restarts',
    visiting(
      async ({ page, service, signIn }) => {
        await page.clock.install();
        await page.route(EVENTS, (route) => route.fulfill(REFUSED), { times: 1 });
        await signIn('monitor');
        await page.getByText('Every 5 s').waitFor();
        await page.clock.fastForward(POLL_MS);
        await page.getByText('Live', { exact: true }).waitFor();
        await service.lease();
        await page.getByRole('list', { name: 'Activity' }).getByText('leased', { exact: true }).waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'asks for all that is shown while there is no stream',
    visiting(
      async ({ page, service, signIn }) => {
        await page.clock.install();
        await page.route(EVENTS, (route) => route.fulfill(REFUSED));
        await signIn('monitor');
        await page.getByText('Every 5 s').waitFor();
        await page.getByRole('list', { name: 'Activity' }).getByText('added').first().waitFor();
        await service.lease();
        await page.clock.fastForward(POLL_MS);
        await page.getByRole('list', { name: 'Activity' }).getByText('leased', { exact: true }).waitFor();
        await page.getByRole('region', { name: 'No free session' }).getByText('lease ends').waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'is not said to be without a stream by an answer that is older than the stream',
    visiting(
      async ({ page, service, signIn }) => {
        await page.clock.install();
        await page.route(EVENTS, (route) => route.fulfill(REFUSED), { times: 1 });
        const status = await holdNext(page, /\/api\/v1\/status$/);
        await signIn('monitor');
        await status.asked;
        await page.clock.fastForward(POLL_MS);
        await page.getByText('Live', { exact: true }).waitFor();
        await status.release();
        expect(await page.getByText('Live', { exact: true }).count()).toBe(1);
        await service.lease();
        await page.getByRole('list', { name: 'Activity' }).getByText('leased', { exact: true }).waitFor();
      },
      { files: some(1) },
    ),
  );
});
