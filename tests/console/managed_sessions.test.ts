import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { parseSeed } from '../../sandbox/world/seed.js';
import { decodeSessionString } from '../../src/intake/formats/session_string.js';
import { logIn } from '../logins/over_sandbox.js';
import { some } from '../service/service.js';
import { inBrowser } from './browser.js';
import { holdNext } from './hold.js';
import { ADA, atTelegram, EVE, type VisitWithTelegram } from './over_sandbox.js';

inBrowser('managed sessions in the console', (visiting) => {
  it(
    'are tested in place: valid, in use, and not valid with the reason',
    atTelegram(visiting, async (visit) => {
      const { page, service, sandbox } = visit;
      await openAda(visit);
      await choose(page, 'Test');
      await page.getByText('Telegram accepts ada').waitFor();
      const lease = await service.lease();
      await choose(page, 'Test');
      await page.getByRole('alert').getByText('The session is in use').waitFor();
      await service.as('worker').post('/release').send(lease).expect(200);
      sandbox.faults.add({ fault: 'SESSION_REVOKED', phone: ADA.phone });
      await choose(page, 'Test');
      await page.getByText('Telegram does not accept ada: SESSION_REVOKED').waitFor();
      await page.getByRole('region', { name: 'History' }).getByText('died', { exact: true }).waitFor();
    }),
  );

  it(
    'can be tested again if Telegram did not answer',
    atTelegram(visiting, async (visit) => {
      await openAda(visit);
      await visit.sandbox.behave(1, 'refuse');
      await choose(visit.page, 'Test');
      await visit.page.getByText('Telegram did not answer. Nothing was changed').waitFor();
      await visit.sandbox.behave(1, 'normal');
      await choose(visit.page, 'Test');
      await visit.page.getByText('Telegram accepts ada').waitFor();
    }),
  );

  it(
    'show their channels, which can be filtered, refreshed and added to the sources',
    atTelegram(visiting, async (visit) => {
      const { page, sandbox } = visit;
      const channels = await openChannels(visit, ADA.phone, 'ada');
      const row = (name: string) => channels.getByRole('listitem').filter({ hasText: name });
      await row('Sandbox News').getByText('@sandbox_news').waitFor();
      await row('Sandbox Team').getByText('Private', { exact: true }).waitFor();
      await row('Sandbox Team').getByText('Supergroup', { exact: true }).waitFor();
      await row('Sandbox News').getByText('48,211 members').waitFor();
      await channels.getByText('3 channels').waitFor();
      const filter = channels.getByLabel('Filter channels');
      await filter.fill('100,000 messages');
      await channels.getByText('1 / 3').waitFor();
      expect(await channels.getByRole('listitem').count()).toBe(1);
      await filter.fill('no such channel');
      await channels.getByText('Nothing matches').waitFor();
      await filter.fill('');
      sandbox.faults.add({ fault: 'FLOOD_WAIT_120', method: 'messages.getDialogs', times: 1 });
      await channels.getByRole('button', { name: 'Ask Telegram again' }).click();
      await channels.getByText('Telegram asks to wait 2m').waitFor();
      await channels.getByRole('button', { name: 'Add Sandbox Team to sources' }).click();
      await page.waitForURL('**/sources?*');
      expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({
        new: 'private',
        title: 'Sandbox Team',
        session: '1',
      });
    }),
  );

  it(
    'show the first hundred of many channels, and all of them on request',
    atTelegram(visiting, async (visit) => {
      const channels = await openChannels(visit, EVE.phone, 'eve');
      await channels.getByText('231 channels').waitFor();
      expect(await channels.getByRole('listitem').count()).toBe(100);
      await channels.getByRole('button', { name: 'Show 131 more' }).click();
      expect(await channels.getByRole('listitem').count()).toBe(231);
    }),
  );

  it(
    'say so if they have no channels',
    atTelegram(
      visiting,
      async (visit) => {
        const channels = await openChannels(visit, ADA.phone, 'ada');
        await channels.getByText('This session is in no channels').waitFor();
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
        await openAda(visit);
        await choose(page, 'Rename…');
        const dialog = page.getByRole('dialog', { name: 'Rename ada' });
        await dialog.getByText('Its file is renamed too').waitFor();
        const rename = async (name: string) => {
          await dialog.getByLabel('New name').fill(name);
          await dialog.getByRole('button', { name: 'Save' }).click();
        };
        await rename('s001');
        await dialog.getByRole('alert').getByText('This name is taken by').waitFor();
        await rename('new/name');
        await dialog.getByRole('alert').getByText('no "/" in the name').waitFor();
        await rename('lovelace');
        await page.getByRole('heading', { level: 1, name: 'lovelace' }).waitFor();
        expect(existsSync(join(service.sessionsDir, 'lovelace.session'))).toBe(true);
        expect(existsSync(join(service.sessionsDir, 'ada.session'))).toBe(false);
      },
      { files: some(1) },
    ),
  );

  it(
    'are exported as a file, or as a string, which is hidden until revealed',
    atTelegram(visiting, async (visit) => {
      const { page, service } = visit;
      await openAda(visit);
      await choose(page, 'Export…');
      const dialog = page.getByRole('dialog', { name: 'Export ada' });
      await dialog.getByText('Never use a session in two places at once').waitFor();
      for (const [library, format] of Object.entries({
        Pyrogram: 'pyrogram',
        GramJS: 'gramjs',
        Telethon: 'telethon',
      })) {
        await dialog.getByLabel('Format').click();
        await page.getByRole('option', { name: `${library} session string` }).click();
        await dialog.getByRole('button', { name: 'Export' }).click();
        const string = dialog.getByLabel('Session string', { exact: true });
        await string.waitFor();
        expect(await string.getAttribute('type')).toBe('password');
        expect(decodeSessionString(await string.inputValue())?.format).toBe(format);
      }
      await dialog.getByLabel('Format').click();
      await page.getByRole('option', { name: 'Session file' }).click();
      const downloading = page.waitForEvent('download');
      await dialog.getByRole('button', { name: 'Export' }).click();
      const download = await downloading;
      expect(download.suggestedFilename()).toBe('ada.session');
      const own = readFileSync(join(service.sessionsDir, 'ada.session'));
      expect(readFileSync(await download.path())).toEqual(own);
    }),
  );

  it(
    'are never exported in one format and shown as in another, which was chosen meanwhile',
    atTelegram(visiting, async (visit) => {
      const { page } = visit;
      await openAda(visit);
      await choose(page, 'Export…');
      const dialog = page.getByRole('dialog', { name: 'Export ada' });
      const choosing = async (library: string) => {
        await dialog.getByLabel('Format').click();
        await page.getByRole('option', { name: `${library} session string` }).click();
      };
      await choosing('Telethon');
      const exporting = await holdNext(page, /\/export\?format=telethon$/);
      await dialog.getByRole('button', { name: 'Export' }).click();
      await exporting.asked;
      await choosing('GramJS');
      await exporting.release();
      const string = dialog.getByLabel('Session string', { exact: true });
      expect(await string.count()).toBe(0);
      await dialog.getByRole('button', { name: 'Export' }).click();
      await string.waitFor();
      expect(decodeSessionString(await string.inputValue())?.format).toBe('gramjs');
    }),
  );

  it(
    'get a proxy, whose password is not shown again, and have it removed',
    atTelegram(visiting, async (visit) => {
      const { page } = visit;
      await openAda(visit);
      const dialog = page.getByRole('dialog', { name: 'Proxy of ada' });
      const edit = async (url: string) => {
        await choose(page, 'Set proxy…');
        await dialog.getByLabel('Proxy', { exact: true }).fill(url);
        await dialog.getByRole('button', { name: 'Save' }).click();
      };
      await edit('ftp://proxy.example:21');
      await dialog
        .getByRole('alert')
        .getByText(/Expected|type is one of/i)
        .waitFor();
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await edit('socks5://user:secret@127.0.0.1:1080');
      await page.getByRole('definition').getByText('socks5://user@127.0.0.1:1080').waitFor();
      expect(await page.content()).not.toContain('secret@');
      await edit('');
      await page.getByText('Direct connection').waitFor();
    }),
  );

  it(
    'are deleted with their file, after confirmation, but not while they are in use or a source reads with them',
    atTelegram(visiting, async (visit) => {
      const { page, service } = visit;
      const id = await openAda(visit);
      const question = page.getByRole('dialog', { name: 'Delete ada?' });
      const admin = service.as('admin');
      const lease = await service.lease();
      await choose(page, 'Delete…');
      await question.getByText('It stays logged in at Telegram').waitFor();
      await question.getByRole('button', { name: 'Delete' }).click();
      await question.getByRole('alert').getByText('in use').waitFor();
      await service.as('worker').post('/release').send(lease).expect(200);
      const private_ = { name: 'team', session_id: id, channel_id: 1000000003, target: 'LOCAL' };
      const { body: source } = await admin.post('/sources/private').send(private_).expect(200);
      await question.getByRole('button', { name: 'Delete' }).click();
      await question.getByRole('alert').getByRole('link', { name: 'team' }).waitFor();
      await admin.delete(`/sources/${source.id}`).expect(200);
      await question.getByRole('button', { name: 'Cancel' }).click();
      expect(existsSync(join(service.sessionsDir, 'ada.session'))).toBe(true);
    }),
  );
});

/** Chooses an action of the session whose page is shown. */
async function choose(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^Actions/ }).click();
  await page.getByRole('menuitem', { name, exact: true }).click();
}

/** The page of a session of this account, seen by an admin; resolves to its id. */
async function openSession(visit: VisitWithTelegram, phone: string, name: string): Promise<number> {
  const { page, service, signIn } = visit;
  const { id } = await logIn(visit, phone);
  await service.as('admin').put(`/sessions/${id}`).send({ name }).expect(200);
  await signIn('admin', `/sessions/${id}`);
  await page.getByRole('heading', { level: 1, name }).waitFor();
  return id;
}

function openAda(visit: VisitWithTelegram): Promise<number> {
  return openSession(visit, ADA.phone, 'ada');
}

async function openChannels(visit: VisitWithTelegram, phone: string, name: string): Promise<Locator> {
  await openSession(visit, phone, name);
  const channels = visit.page.getByRole('region', { name: 'Channels' });
  await channels.getByRole('button', { name: 'Show channels' }).click();
  await channels.getByRole('button', { name: 'Show channels' }).waitFor({ state: 'detached' });
  return channels;
}
