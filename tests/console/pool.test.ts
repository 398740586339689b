import { expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { some } from '../service/service.js';
import { inBrowser } from './browser.js';

inBrowser('the pool in the console', (visiting) => {
  it(
    'says how to start if there are no sessions yet',
    visiting(async ({ page, signIn }) => {
      await signIn('admin');
      await page.getByText('drop .session files into').waitFor();
      await page.getByRole('link', { name: 'Add accounts' }).waitFor();
    }),
  );

  it(
    'shows what happened before it was opened, and what happens since',
    visiting(
      async ({ page, service, signIn }) => {
        await service.lease('session_name=s001');
        await signIn('monitor');
        await page.getByText('Live', { exact: true }).waitFor();
        const activity = page.getByRole('list', { name: 'Activity' });
        await activity.getByRole('listitem').filter({ hasText: 'leaseds001' }).waitFor();
        expect(await count(page, 'In use')).toBe('1');
        const lease = await service.lease('session_name=s002');
        await activity.getByRole('listitem').filter({ hasText: 'leaseds002' }).waitFor({ timeout: 2000 });
        await countIs(page, 'In use', '2');
        await service
          .as('worker')
          .post('/floodwait')
          .send({ ...lease, wait_seconds: 3600 })
          .expect(200);
        await activity.getByText('flood wait').waitFor({ timeout: 2000 });
        await countIs(page, 'Flood wait', '1');
        // One is free: nobody waits for the others.
        await countIs(page, 'Free', '1');
        expect(await page.getByText('This is what frees next').count()).toBe(0);
      },
      { files: some(3) },
    ),
  );

  it(
    'says what frees next while there is nothing free',
    visiting(
      async ({ page, service, signIn }) => {
        await service.lease();
        await signIn('admin');
        const panel = page.getByRole('region', { name: 'No free session' });
        await panel.getByText(/lease ends: \d/).waitFor();
        await panel.getByRole('link', { name: 's001' }).waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'names who waits for which session, as long as it does',
    visiting(
      async ({ page, service, signIn }) => {
        const lease = await service.lease();
        await signIn('monitor');
        await page.getByText('Live', { exact: true }).waitFor();
        const held = service.as('rival').get('/session?wait=60&session_name=s001').then();
        const waiting = page.getByRole('list', { name: 'Waiting for a session' });
        await waiting.getByText('session s001').waitFor({ timeout: 4000 });
        await service.as('worker').post('/release').send(lease).expect(200);
        await held;
        await waiting.waitFor({ state: 'detached' });
      },
      { files: some(1) },
    ),
  );

  it(
    'opens another event stream when the one it has falls silent',
    visiting(
      async ({ page, service, signIn }) => {
        await page.clock.install();
        await signIn('monitor');
        await page.getByText('Live', { exact: true }).waitFor();
        const again = page.waitForRequest((request) => request.url().endsWith('/events'));
        await page.clock.fastForward(60_000);
        await again;
        await page.getByText('Live', { exact: true }).waitFor();
        await service.lease();
        await countIs(page, 'In use', '1');
      },
      { files: some(1) },
    ),
  );

  it(
    'promises a worker no list of what frees next',
    visiting(
      async ({ page, service, signIn }) => {
        await service.lease();
        await signIn('worker');
        await page.getByText('A worker that asks now gets none').waitFor();
        expect(await page.getByText('This is what frees next').count()).toBe(0);
      },
      { files: some(1) },
    ),
  );

  it(
    'says how many accounts are limited',
    visiting(
      async ({ page, service, signIn }) => {
        const { session_id, lease_id } = await service.lease();
        const error = { error: 'PEER_FLOOD', method: 'messages.sendMessage' };
        await service
          .as('worker')
          .post('/report')
          .send({ session_id, lease_id, ...error })
          .expect(200);
        await signIn('monitor');
        await page.getByText('Accounts limited: 1').waitFor();
      },
      { files: some(2) },
    ),
  );

  it(
    'tells a worker why there is nothing',
    visiting(async ({ page, signIn }) => {
      await signIn('worker');
      await page.getByText('There is nothing to lease yet').waitFor();
    }),
  );

  it(
    'asks for the counts if the event stream does not work',
    visiting(
      async ({ page, service, signIn }) => {
        await page.route('**/events', (route) => route.abort());
        await signIn('monitor');
        await page.getByText('Every 5 s').waitFor();
        await service.lease();
        await countIs(page, 'In use', '1');
      },
      { files: some(2) },
    ),
  );
});

/** The number beside a name. */
function count(page: Page, name: string): Promise<string | null> {
  return place(page, name).textContent();
}

function place(page: Page, name: string) {
  return page.locator('dt', { hasText: new RegExp(`^${name}$`) }).locator('xpath=following-sibling::dd[1]');
}

/** Resolves when the number beside the name is this. */
async function countIs(page: Page, name: string, number: string): Promise<void> {
  await place(page, name).getByText(number, { exact: true }).waitFor();
}
