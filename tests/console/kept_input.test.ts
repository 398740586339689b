import { expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { KEYS, type Service, some } from '../service/service.js';
import { inBrowser, presentKey } from './browser.js';

/** A form of the console, what opens it, and what is typed into it by label. */
const FORMS: Readonly<
  Record<
    string,
    {
      readonly path: string;
      readonly open?: (page: Page) => Promise<unknown>;
      readonly typed: Readonly<Record<string, string>>;
      /** Its button, and what is shown once it was pressed. */
      readonly send: string;
      readonly sent: (page: Page) => Locator;
    }
  >
> = {
  'a source': {
    path: '/sources?new=public',
    typed: {
      Channel: '@daily_news',
      Name: 'Daily',
      'Path (optional)': 'daily',
      'Cron expression (UTC)': '0 4 * * *',
    },
    send: 'Add source',
    sent: (page) => page.getByText('The channel could not be looked up'),
  },
  'a key': {
    path: '/keys',
    open: (page) => page.getByRole('button', { name: 'Create key' }).click(),
    typed: {
      Name: 'scrapers',
      'Tags, separated by commas (optional)': 'news',
      'Maximum concurrent leases (optional)': '5',
    },
    send: 'Create key',
    sent: (page) => page.getByRole('dialog', { name: 'Key of scrapers' }),
  },
  'the tags of a session': {
    path: '/sessions/1',
    async open(page) {
      await page.getByRole('button', { name: 'Actions for s001' }).click();
      await page.getByRole('menuitem', { name: 'Edit tags…' }).click();
    },
    typed: { 'Tags, separated by commas': 'eu, warm' },
    send: 'Save',
    sent: (page) => page.getByRole('definition').getByText('warm', { exact: true }),
  },
  'a session string': {
    path: '/sessions?add=string',
    typed: { 'Session name': 'pasted', 'Session string': '1Bsecret' },
    send: 'Check and save',
    sent: (page) => page.getByRole('alert').getByText('Not a session string'),
  },
};

inBrowser('what was typed into the console', (visiting) => {
  for (const [name, { path, open, typed, send, sent }] of Object.entries(FORMS)) {
    it(
      `outlives the revocation of the key, and the service being away: ${name}`,
      visiting(
        async ({ page, service }) => {
          const revoke = await signInWithOwnKey(page, service, path);
          await open?.(page);
          const form = page.getByRole('dialog').filter({ has: page.getByRole('button', { name: send }) });
          for (const [label, text] of Object.entries(typed))
            await form.getByLabel(label, { exact: true }).fill(text);
          await revoke();
          const again = page.getByRole('dialog', { name: 'Sign in again' });
          await again.getByLabel('API key').fill(KEYS.admin);
          await again.getByRole('button', { name: 'Sign in' }).click();
          await again.waitFor({ state: 'detached' });
          expect(await valuesOf(form, typed)).toEqual(typed);
          await page.context().setOffline(true);
          await form.getByRole('button', { name: send }).click();
          await form.getByText('The service cannot be reached').waitFor();
          expect(await valuesOf(form, typed)).toEqual(typed);
          await page.context().setOffline(false);
          await form.getByRole('button', { name: send }).click();
          await sent(page).first().waitFor();
        },
        { files: some(1) },
      ),
    );
  }

  it(
    'is there again after Back and a reload, but for secrets',
    visiting(async ({ page, signIn, service }) => {
      await signIn('admin', '/sources');
      await page.getByRole('button', { name: 'Add source' }).first().click();
      const form = page.getByRole('dialog', { name: 'Add source' });
      await form.getByLabel('Channel', { exact: true }).fill('@daily_news');
      await form.getByText('More: api_id, bot').click();
      await form.getByLabel('api_hash').fill('0123456789abcdef0123456789abcdef');
      await page.goBack();
      await form.waitFor({ state: 'detached' });
      await page.goForward();
      expect(await form.getByLabel('Channel', { exact: true }).inputValue()).toBe('@daily_news');
      await page.goto(`${service.url}/sources?new=public`);
      await form.getByText('Your earlier input was restored.').waitFor();
      expect(await form.getByLabel('Channel', { exact: true }).inputValue()).toBe('@daily_news');
      await form.getByText('More: api_id, bot').click();
      expect(await form.getByLabel('api_hash').inputValue()).toBe('');
      expect(
        await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])'),
      ).not.toContain('0123456789abcdef');
    }),
  );

  it(
    'is there again after Back in a small dialog, until it is cancelled or sent',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/sessions');
        await page.getByRole('link', { name: 's001' }).click();
        const tags = await dialogOf(page, 'Edit tags');
        await tags.getByRole('textbox').fill('eu, warm');
        await page.goBack();
        await tags.waitFor({ state: 'detached' });
        await page.goForward();
        await dialogOf(page, 'Edit tags');
        await tags.getByText('Your earlier input was restored.').waitFor();
        expect(await tags.getByRole('textbox').inputValue()).toBe('eu, warm');
        await tags.getByRole('button', { name: 'Cancel' }).click();
        await dialogOf(page, 'Edit tags');
        expect(await tags.getByRole('textbox').inputValue()).toBe('');
        expect(await tags.getByText('Your earlier input was restored.').count()).toBe(0);
      },
      { files: some(1) },
    ),
  );

  it(
    'is never kept where it may hold a password, such as the address of a proxy',
    visiting(
      async ({ page, signIn }) => {
        await signIn('admin', '/sessions/1');
        const proxy = await dialogOf(page, 'Set proxy');
        await proxy.getByRole('textbox').fill('socks5://user:hidden@10.0.0.1:1080');
        await page.reload();
        expect(
          await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])'),
        ).not.toContain('hidden');
        await dialogOf(page, 'Set proxy');
        expect(await proxy.getByRole('textbox').inputValue()).toBe('');
      },
      { files: some(1) },
    ),
  );

  it(
    'is not covered by a panel that belongs to the page before',
    visiting(async ({ page, signIn, open }) => {
      await signIn('admin', '/sessions');
      await open('Pool');
      await page.keyboard.press('Control+k');
      const palette = page.getByRole('dialog', { name: 'Search and commands' });
      await palette.waitFor();
      await page.goBack();
      await page.getByRole('heading', { level: 1, name: 'Sessions' }).waitFor();
      await palette.waitFor({ state: 'detached' });
    }),
  );
});

/** Opens the dialog of an action from the menu of the session's page. */
async function dialogOf(page: Page, action: string): Promise<Locator> {
  await page.getByRole('button', { name: 'Actions for s001' }).click();
  await page.getByRole('menuitem', { name: action }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  return dialog;
}

/** Signs in by the form with a key of one's own; returns what revokes it. */
async function signInWithOwnKey(page: Page, service: Service, path: string): Promise<() => Promise<unknown>> {
  const admin = service.as('admin');
  const { body } = await admin.post('/keys').send({ name: 'leaver', role: 'admin' }).expect(201);
  await page.goto(service.url + path);
  await presentKey(page, body.key);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return () => admin.delete(`/keys/${body.id}`).expect(200);
}

async function valuesOf(form: Locator, labels: Readonly<Record<string, string>>) {
  const values = Object.keys(labels).map(
    async (label) => [label, await form.getByLabel(label, { exact: true }).inputValue()] as const,
  );
  return Object.fromEntries(await Promise.all(values));
}
