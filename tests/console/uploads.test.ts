import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { logIn } from '../logins/over_sandbox.js';
import type { Service } from '../service/service.js';
import { openAddDialog } from './add_dialog.js';
import { inBrowser } from './browser.js';
import { ADA, atTelegram, BEN, type VisitWithTelegram } from './over_sandbox.js';

const UPLOAD = 'Upload files';
const PASTE = 'Paste a string';

inBrowser('adding sessions in the console', (visiting) => {
  it(
    'uploads many files, and shows the result of each',
    atTelegram(visiting, async (visit) => {
      const { page, service } = visit;
      const made = [await madeElsewhere(visit, ADA.phone), await madeElsewhere(visit, BEN.phone)];
      const tab = await openAddDialog(visit, UPLOAD);
      await tab.locator('input[type=file]').setInputFiles([
        { name: 'ada.session', mimeType: '', buffer: made[0]?.file ?? Buffer.alloc(0) },
        { name: 'junk.session', mimeType: '', buffer: Buffer.from('<html>not a session</html>') },
        { name: 'ben.session', mimeType: '', buffer: made[1]?.file ?? Buffer.alloc(0) },
        { name: 'notes.txt', mimeType: '', buffer: Buffer.from('notes') },
      ]);
      await tab.getByRole('button', { name: 'Upload 4 files' }).click();
      await tab.getByText('4 of 4 done: 2 saved, 2 refused').waitFor();
      const files = tab.getByRole('list', { name: 'Files' }).getByRole('listitem');
      expect(await files.allTextContents()).toEqual([
        expect.stringMatching(/^ada\.session.*saved/),
        expect.stringMatching(/^junk\.session.*refused.*Not a SQLite file/),
        expect.stringMatching(/^ben\.session.*saved/),
        expect.stringMatching(/^notes\.txt.*refused.*does not end in \.session/),
      ]);
      expect(await namesOf(service)).toEqual(['ada', 'ben']);
      await tab.getByRole('link', { name: 'Show ben' }).click();
      await page.getByRole('definition').getByText(BEN.phone).waitFor();
    }),
  );

  it(
    'takes name and phone number for a single file',
    atTelegram(visiting, async (visit) => {
      const { file } = await madeElsewhere(visit, ADA.phone);
      const tab = await openAddDialog(visit, UPLOAD);
      const files = [{ name: 'download (3).session', mimeType: '', buffer: file }];
      await tab.locator('input[type=file]').setInputFiles(files);
      await tab.getByLabel('Session name').fill('imported_session');
      await tab.getByLabel('Phone number').fill(ADA.phone);
      await tab.getByRole('button', { name: 'Upload 1 file' }).click();
      await tab.getByRole('link', { name: 'Show imported_session' }).waitFor();
    }),
  );

  it(
    'takes a file of the same name again, once it was mended',
    visiting(async (visit) => {
      const tab = await openAddDialog(visit, UPLOAD);
      const chooser = tab.locator('input[type=file]');
      await chooser.setInputFiles([{ name: 'ada.session', mimeType: '', buffer: Buffer.from('nothing') }]);
      await tab.getByRole('button', { name: 'Upload 1 file' }).waitFor();
      // A browser tells of no change where the same file is chosen as before.
      expect(await chooser.inputValue()).toBe('');
    }),
  );

  it(
    'retries files that could not be checked',
    atTelegram(visiting, async (visit) => {
      const { sandbox } = visit;
      const { file } = await madeElsewhere(visit, ADA.phone);
      const tab = await openAddDialog(visit, UPLOAD);
      await sandbox.behave(1, 'refuse');
      const files = [{ name: 'ada.session', mimeType: '', buffer: file }];
      await tab.locator('input[type=file]').setInputFiles(files);
      await tab.getByRole('button', { name: 'Upload 1 file' }).click();
      await tab.getByText('Telegram did not answer. Nothing was changed').waitFor();
      await sandbox.behave(1, 'normal');
      await tab.getByRole('button', { name: 'Try the refused files again' }).click();
      await tab.getByText('1 of 1 done: 1 saved').waitFor();
    }),
  );

  it(
    'accepts dropped files, and names the session that one of them duplicates',
    atTelegram(visiting, async (visit) => {
      const { page, service } = visit;
      await logInAs(visit, ADA.phone, 'first');
      const file = readFileSync(join(service.sessionsDir, 'first.session'));
      const tab = await openAddDialog(visit, UPLOAD);
      const dropped = await page.evaluateHandle(dropOf(file));
      await tab.getByText('Drop .session files here').dispatchEvent('drop', { dataTransfer: dropped });
      await tab.getByRole('button', { name: 'Upload 1 file' }).click();
      await tab.getByText('This session is already in the pool').waitFor();
      await tab.getByRole('link', { name: 'first' }).click();
      await page.getByRole('heading', { level: 1, name: 'first' }).waitFor();
    }),
  );

  it(
    'accepts a session string, and shows at the field why it rejects one',
    atTelegram(visiting, async (visit) => {
      const { page, service } = visit;
      const { string } = await madeElsewhere(visit, ADA.phone);
      const tab = await openAddDialog(visit, PASTE);
      await tab.getByLabel('Session name').fill('pasted');
      await tab.getByLabel('Session string').fill('1BVtsOHoBu');
      await tab.getByRole('button', { name: 'Check and save' }).click();
      await tab.getByRole('alert').getByText('Not a session string of Telethon').waitFor();
      expect(await page.evaluate('document.activeElement.name')).toBe('session_string');
      expect(await tab.getByLabel('Session name').inputValue()).toBe('pasted');
      await tab.getByLabel('Session string').fill(` ${string}\n`);
      await tab.getByRole('button', { name: 'Check and save' }).click();
      await tab.getByRole('region', { name: 'Saved' }).getByText('pasted.session').waitFor();
      expect(await namesOf(service)).toEqual(['pasted']);
      await tab.getByRole('button', { name: 'Add another' }).click();
      expect(await tab.getByLabel('Session string').inputValue()).toBe('');
    }),
  );

  it(
    'offers a monitor no admin actions',
    visiting(async ({ page, signIn }) => {
      await signIn('monitor', '/sessions');
      await page.getByText('Drop .session files into').waitFor();
      expect(await page.getByRole('button', { name: 'Add accounts' }).count()).toBe(0);
    }),
  );

  it(
    'switches tabs with the arrow keys, on a phone’s width as well',
    visiting(
      async (visit) => {
        const { page } = visit;
        await openAddDialog(visit, 'Sign in with a code');
        for (const name of [UPLOAD, PASTE, 'Sign in with a code']) {
          await page.keyboard.press('ArrowRight');
          await page.getByRole('tabpanel', { name }).waitFor();
          expect(await page.evaluate('document.activeElement.textContent')).toBe(name);
          expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
        }
      },
      { browser: { viewport: { width: 375, height: 740 } } },
    ),
  );
});

/** What a drop of this file carries. */
function dropOf(file: Buffer): string {
  return `(() => {
    const carried = new DataTransfer();
    const bytes = Uint8Array.from(atob('${file.toString('base64')}'), (char) => char.charCodeAt(0));
    carried.items.add(new File([bytes], 'copy.session'));
    return carried;
  })()`;
}

/** A session that the service does not know: it had it once. */
async function madeElsewhere(visit: VisitWithTelegram, phone: string) {
  const admin = visit.service.as('admin');
  const { body } = await logInAs(visit, phone, 'elsewhere');
  const file = readFileSync(join(visit.service.sessionsDir, body.session_file));
  const exported = await admin.get(`/sessions/${body.id}/export?format=gramjs`).expect(200);
  await admin.delete(`/sessions/${body.id}`).expect(200);
  return { file, string: exported.body.session_string as string };
}

async function logInAs(visit: VisitWithTelegram, phone: string, name: string) {
  const { id } = await logIn(visit, phone);
  return visit.service.as('admin').put(`/sessions/${id}`).send({ name }).expect(200);
}

async function namesOf(service: Service): Promise<string[]> {
  const { body } = await service.as('admin').get('/sessions').expect(200);
  return body.map(({ name }: { readonly name: string }) => name);
}
