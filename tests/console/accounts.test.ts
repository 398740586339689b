import { expect, it } from '@jest/globals';
import { logIn } from '../logins/over_sandbox.js';
import { type Service, some } from '../service/service.js';
import { inBrowser } from './browser.js';
import { ADA, atTelegram } from './over_sandbox.js';
import { fact } from './sources_at.js';

/** A worker reports the error of the session that it has leased, and gives that back. */
async function report(service: Service, session: string, error: string): Promise<void> {
  const { session_id, lease_id } = await service.lease(`session_name=${session}`);
  const said = { session_id, lease_id, error, method: 'messages.sendMessage' };
  await service.as('worker').post('/report').send(said).expect(200);
  await service.as('worker').post('/release').send({ session_id, lease_id }).expect(200);
}

inBrowser('the accounts of sessions in the console', (visiting) => {
  it(
    'are found by their condition, sorted by health, and say why they are not well',
    visiting(
      async ({ page, service, signIn }) => {
        await report(service, 's001', 'FROZEN_METHOD_INVALID');
        await report(service, 's002', 'PEER_FLOOD');
        await signIn('admin', '/sessions?sort=health');
        const rows = page.getByRole('row');
        await rows.nth(1).getByText('Frozen', { exact: true }).waitFor();
        await rows.nth(1).getByText('messages.sendmessage while it is frozen').waitFor();
        await rows.nth(2).getByText('Limited', { exact: true }).waitFor();
        await rows.nth(3).getByText('85', { exact: true }).waitFor();
        await page.getByLabel('Account', { exact: true }).selectOption('limited');
        await page.getByText('1–1 of 1', { exact: true }).waitFor();
        await page.getByRole('link', { name: 's002' }).click();
        const account = page.getByRole('region', { name: 'Account' });
        await account.getByText('PEER_FLOOD').waitFor();
        await account.getByText('Limited (−40)').waitFor();
        await account.getByText('40 of 100').waitFor();
        await page.getByRole('button', { name: 'Actions for s002' }).click();
        await page.getByRole('menuitem', { name: 'Restore' }).click();
        await account.getByText('80 of 100').waitFor();
        expect(await service.status()).toMatchObject({ free: 2, limited: 0, frozen: 1 });
      },
      { files: some(3) },
    ),
  );

  it(
    'say where to appeal against a freeze, as a link if it is a web page',
    atTelegram(visiting, async ({ page, service, sandbox, signIn }) => {
      const { id } = await logIn({ service, sandbox }, ADA.phone);
      const freeze = async (appealUrl: string) => {
        sandbox.conditions.set(ADA.phone, { condition: 'frozen', since: 1, until: 2, appealUrl });
        await service.as('admin').post(`/sessions/${id}/test`).expect(200);
      };
      await freeze('javascript:alert(1)');
      await signIn('admin', `/sessions/${id}`);
      const account = page.getByRole('region', { name: 'Account' });
      await account.getByText('javascript:alert(1)').waitFor();
      expect(await account.getByRole('link').count()).toBe(0);
      await freeze('https://t.me/spambot');
      await account.getByRole('link', { name: 'https://t.me/spambot' }).waitFor();
    }),
  );

  it(
    'are limited by tag, and say how often they may still be leased today',
    visiting(
      async ({ page, service, signIn }) => {
        await service
          .as('admin')
          .put('/sessions/1')
          .send({ tags: ['new'] })
          .expect(200);
        await signIn('admin', '/sessions');
        await page.getByRole('button', { name: 'Limits…' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Tag', { exact: true }).fill('new');
        await dialog.getByLabel('Leases a day').fill('1');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await dialog.getByText('1 lease a day').waitFor();
        await dialog.getByRole('button', { name: 'Close' }).last().click();
        const lease = await service.lease();
        await service.as('worker').post('/release').send(lease).expect(200);
        await page.getByRole('row', { name: 's001' }).getByText('Used up').waitFor();
        await page.getByRole('link', { name: 's001' }).click();
        await page.getByRole('region', { name: 'Account' }).getByText('1 of 1', { exact: true }).waitFor();
        const why = page.getByRole('main').getByRole('alert');
        expect(await why.textContent()).toMatch(/^It had all its leases of today\. +Time left: /);
        await page.goBack();
        await page.getByRole('button', { name: 'Limits…' }).click();
        await dialog.getByRole('button', { name: 'Remove the limit of new' }).click();
        await dialog.getByText('No tag has a limit.').waitFor();
        expect(await service.status()).toMatchObject({ free: 1 });
      },
      { files: some(1) },
    ),
  );

  it(
    'have their limits checked before they are sent, each where it is typed',
    visiting(async ({ page, service, signIn }) => {
      await signIn('admin', '/sessions');
      await page.getByRole('button', { name: 'Limits…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Limits by tag' });
      await dialog.getByText('No tag has a limit.').waitFor();
      const save = () => dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.getByLabel('Leases a day').fill('many');
      await dialog.getByLabel('Ramp, in days').fill('');
      await save();
      await dialog.getByText('Fill in this field.').waitFor();
      await dialog.getByText('Enter a whole number of at least 1.').waitFor();
      await dialog.getByText('Enter a whole number of at least 0.').waitFor();
      await dialog.getByLabel('Tag', { exact: true }).fill('new');
      await dialog.getByLabel('Leases a day').fill('20');
      await dialog.getByLabel('Ramp, in days').fill('366');
      await save();
      await dialog.getByText('expected a whole number from 0 to 365').waitFor();
      await dialog.getByLabel('Ramp, in days').fill('14');
      await save();
      await dialog.getByText('20 leases a day, ramp of 14 days').waitFor();
      await service.as('admin').delete('/tags/new/limits').expect(200);
      await dialog.getByRole('button', { name: 'Remove the limit of new' }).click();
      await dialog.getByRole('alert').getByText('This limit no longer exists.').waitFor();
    }),
  );

  it(
    'that are dead are said to be, and no more what they were before',
    visiting(
      async ({ page, service, signIn }) => {
        const { session_id, lease_id } = await service.lease();
        const frozen = { session_id, lease_id, error: 'FROZEN_METHOD_INVALID' };
        await service.as('worker').post('/report').send(frozen).expect(200);
        await service.as('admin').put('/sessions/1').send({ is_active: 'expired' }).expect(200);
        await signIn('monitor', '/sessions/1');
        const account = page.getByRole('region', { name: 'Account' });
        await account.getByText('Dead', { exact: true }).waitFor();
        expect(await account.getByText('FROZEN_METHOD_INVALID').count()).toBe(0);
      },
      { files: some(1) },
    ),
  );

  it(
    'say how many usernames they may still resolve, and when the next',
    atTelegram(
      visiting,
      async ({ page, service, sandbox, signIn }) => {
        const { id } = await logIn({ service, sandbox }, ADA.phone);
        await service.as('admin').post('/sources/check').send({ identifier: '@sandbox_news' }).expect(200);
        await page.clock.install();
        await signIn('monitor', `/sessions/${id}`);
        const budget = fact(page, 'Usernames to resolve');
        await budget.getByText('0 of 1 left in 24 hours').waitFor();
        await budget.getByText('the next in').waitFor();
        const until = () => budget.locator('time').getAttribute('datetime');
        const before = await until();
        // The page is drawn again, without an answer: what is left does not begin anew.
        await page.route(/\/resolve-budget$/, (route) => route.abort());
        await page.clock.fastForward(10_000);
        await page.getByRole('button', { name: /^Signed in as/ }).click();
        await page.getByRole('menuitemradio', { name: 'Русский' }).click();
        await page.getByRole('button', { name: /^Вы вошли как/ }).click();
        await page.getByRole('menuitemradio', { name: 'English' }).click();
        await budget.getByText('the next in').waitFor();
        expect(await until()).toBe(before);
        await fact(page, 'Channels known').getByText('1', { exact: true }).waitFor();
      },
      { settings: { RESOLVE_BUDGET_PER_DAY: '1' } },
    ),
  );
});
