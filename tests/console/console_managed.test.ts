import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { parseSeed } from '../../sandbox/world/seed.js';
import { decodeSessionString } from '../../src/intake/formats/session_string.js';
import { logIn } from '../logins/over_sandbox.js';
import { some } from '../service/service.js';
import { panelOf } from './add_dialog.js';
import { inBrowser } from './browser.js';
import { ADA, atTelegram, EVE, type VisitWithTelegram } from './over_sandbox.js';

inBrowser('managed sessions in the console', (visiting) => {
  it(
    'are tested in place: valid, in use, and not valid with the reason',
    atTelegram(visiting, async (visit) => {
      const { service, sandbox } = visit;
      const panel = await openAda(visit);
      await panel.getByRole('term').getByText('Last checked', { exact: true }).waitFor();
      const test = () => panel.getByRole('button', { name: 'Test' }).click();
      const outcome = panel.getByRole('status');
      await test();
      await outcome.getByText('Telegram accepts this session').waitFor();
      const lease = await service.lease();
      await test();
      await outcome.getByText('In use').waitFor();
      await service.as('worker').post('/release').send(lease).expect(200);
      sandbox.faults.add({ fault: 'SESSION_REVOKED', phone: ADA.phone });
      await test();
      await outcome.getByText('Dead: SESSION_REVOKED').waitFor();
      await panel.getByText('died', { exact: true }).waitFor();
    }),
  );

  it(
    'can be tested again if Telegram did not answer',
    atTelegram(visiting, async (visit) => {
      const panel = await openAda(visit);
      await visit.sandbox.behave(1, 'refuse');
      await panel.getByRole('button', { name: 'Test' }).click();
      await panel.getByText('Telegram did not answer; nothing was changed').waitFor();
      await visit.sandbox.behave(1, 'normal');
      await panel.getByRole('button', { name: 'Try again' }).click();
      await panel.getByText('Telegram accepts this session').waitFor();
    }),
  );

  it(
    'show their channels, which can be filtered and refreshed',
    atTelegram(visiting, async (visit) => {
      const { page, sandbox } = visit;
      const panel = await openAda(visit);
      await panel.getByRole('button', { name: 'Channels' }).click();
      const dialog = page.getByRole('dialog', { name: 'Channels of ada' });
      const row = (name: string) => dialog.getByRole('row', { name });
      await row('Sandbox News').getByText('@sandbox_news').waitFor();
      await row('Sandbox Team').getByText('private', { exact: true }).waitFor();
      await row('Sandbox Team').getByText('Supergroup', { exact: true }).waitFor();
      await row('Sandbox News').getByText('48,211').waitFor();
      await dialog.getByText('3 in total').waitFor();
      await dialog.getByLabel('Filter').fill('100,000 messages');
      await dialog.getByText('1 of 3').waitFor();
      expect(await dialog.getByRole('row').count()).toBe(2);
      await dialog.getByLabel('Filter').fill('no such channel');
      await dialog.getByText('No channel matches').waitFor();
      await dialog.getByLabel('Filter').fill('');
      await dialog.getByRole('button', { name: 'Copy ID 2147483700' }).click();
      await page.getByText('ID copied').waitFor();
      await dialog.getByLabel('Filter').focus();
      await page.keyboard.press('Control+V');
      expect(await dialog.getByLabel('Filter').inputValue()).toBe('2147483700');
      sandbox.faults.add({ fault: 'FLOOD_WAIT_120', method: 'messages.getDialogs', times: 1 });
      await dialog.getByRole('button', { name: 'Refresh' }).click();
      await dialog.getByText('Telegram asks to wait 2 min').waitFor();
    }),
  );

  it(
    'show the first hundred of many channels, and all of them on request',
    atTelegram(visiting, async (visit) => {
      const { page } = visit;
      const panel = await openPanel(visit, EVE.phone, 'eve');
      await panel.getByRole('button', { name: 'Channels' }).click();
      const dialog = page.getByRole('dialog', { name: 'Channels of eve' });
      await dialog.getByText('231 in total').waitFor();
      expect(await dialog.getByRole('row').count()).toBe(101);
      await dialog.getByRole('button', { name: 'Show 131 more' }).click();
      expect(await dialog.getByRole('row').count()).toBe(232);
      expect(await page.evaluate('document.activeElement.closest("dialog") !== null')).toBe(true);
    }),
  );

  it(
    'say so if they have no channels',
    atTelegram(
      visiting,
      async (visit) => {
        const panel = await openAda(visit);
        await panel.getByRole('button', { name: 'Channels' }).click();
        await visit.page.getByText('This session has no channels').waitFor();
      },
      { seed: parseSeed({ accounts: [{ phone: ADA.phone, id: 1, first_name: 'Ada' }], channels: [] }) },
    ),
  );

  it(
    'are renamed together with their file, but not to a taken name',
    atTelegram(
      visiting,
      async (visit) => {
        const { page, service } = visit;
        const panel = await openAda(visit);
        await panel.getByRole('button', { name: 'Rename' }).click();
        const dialog = page.getByRole('dialog', { name: 'Rename ada' });
        await dialog.getByText('Its file is renamed as well').waitFor();
        await dialog.getByLabel('New name').fill('s001');
        await dialog.getByRole('button', { name: 'Rename' }).click();
        await dialog
          .getByRole('alert')
          .getByText(/name s001 is taken|taken by s001/)
          .waitFor();
        await dialog.getByLabel('New name').fill('new/name');
        await dialog.getByRole('button', { name: 'Rename' }).click();
        await dialog.getByRole('alert').getByText('no "/" in the name').waitFor();
        await dialog.getByLabel('New name').fill('lovelace');
        await dialog.getByRole('button', { name: 'Rename' }).click();
        await panelOf(page, 'lovelace');
        expect(existsSync(join(service.sessionsDir, 'lovelace.session'))).toBe(true);
        expect(existsSync(join(service.sessionsDir, 'ada.session'))).toBe(false);
      },
      { files: some(1) },
    ),
  );

  it(
    'are exported as a string, which is hidden until revealed, or as a file',
    atTelegram(visiting, async (visit) => {
      const { page, service } = visit;
      const panel = await openAda(visit);
      await panel.getByRole('button', { name: 'Export' }).click();
      const dialog = page.getByRole('dialog', { name: 'Export ada' });
      await dialog.getByText('Never use it in two places at once').waitFor();
      const string = dialog.getByRole('textbox', { name: 'Session string' });
      const reveal = dialog.getByRole('button', { name: 'Reveal' });
      expect(await string.getAttribute('type')).toBe('password');
      for (const [choice, format] of [
        ['Pyrogram', 'pyrogram'],
        ['GramJS', 'gramjs'],
        ['Telethon', 'telethon'],
      ]) {
        const answered = page.waitForResponse(`**/export?format=${format}`);
        await dialog.getByLabel('Session string for').selectOption(choice ?? '');
        await answered;
        await reveal.and(page.locator(':enabled')).waitFor();
        expect(decodeSessionString(await string.inputValue())?.format).toBe(format);
      }
      await reveal.click();
      expect(await string.getAttribute('type')).toBe('text');
      const downloading = page.waitForEvent('download');
      await dialog.getByRole('button', { name: 'Download .session file' }).click();
      const download = await downloading;
      expect(download.suggestedFilename()).toBe('ada.session');
      const own = readFileSync(join(service.sessionsDir, 'ada.session'));
      expect(readFileSync(await download.path())).toEqual(own);
    }),
  );

  it(
    'get a proxy, whose password is not shown again, and have it removed',
    atTelegram(visiting, async (visit) => {
      const { page } = visit;
      const panel = await openAda(visit);
      const edit = async (url: string) => {
        await panel.getByRole('button', { name: 'Proxy' }).click();
        await page.getByLabel('Proxy URL').fill(url);
        await page.getByRole('button', { name: 'Save proxy' }).click();
      };
      await edit('ftp://proxy.example:21');
      await page
        .getByRole('alert')
        .getByText(/Expected|type is one of/)
        .waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await edit('socks5://user:secret@127.0.0.1:1080');
      await panel.getByText('socks5://user@127.0.0.1:1080').waitFor();
      expect(await page.content()).not.toContain('secret@');
      await edit('');
      await page.getByText('ada connects to Telegram directly').waitFor();
      await panel.getByText('socks5://').waitFor({ state: 'detached' });
    }),
  );

  it(
    'are deleted with their file, after confirmation',
    atTelegram(visiting, async (visit) => {
      const { page, service } = visit;
      const panel = await openAda(visit);
      const remove = () => panel.getByRole('button', { name: 'Delete' }).click();
      const question = page.getByRole('dialog', { name: 'Delete this session?' });
      const lease = await service.lease();
      await remove();
      await question.getByText('It stays signed in at Telegram').waitFor();
      await question.getByRole('button', { name: 'Delete' }).click();
      await question.getByRole('alert').getByText('is in use').waitFor();
      await service.as('worker').post('/release').send(lease).expect(200);
      await question.getByRole('button', { name: 'Cancel' }).click();
      expect(existsSync(join(service.sessionsDir, 'ada.session'))).toBe(true);
      await remove();
      await question.getByRole('button', { name: 'Delete' }).click();
      await panel.waitFor({ state: 'hidden' });
      await page.getByText('No sessions yet').waitFor();
      expect(existsSync(join(service.sessionsDir, 'ada.session'))).toBe(false);
    }),
  );
});

/** A session of this account in the panel, seen by an admin. */
async function openPanel(visit: VisitWithTelegram, phone: string, name: string): Promise<Locator> {
  const { page, service, signIn, open } = visit;
  const { id } = await logIn(visit, phone);
  await service.as('admin').put(`/sessions/${id}`).send({ name }).expect(200);
  await signIn('admin');
  await open('Sessions');
  await page.getByRole('button', { name, exact: true }).click();
  return panelOf(page, name);
}

function openAda(visit: VisitWithTelegram): Promise<Locator> {
  return openPanel(visit, ADA.phone, 'ada');
}
