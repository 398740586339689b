import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { parseSeed } from '../../sandbox/world/seed.js';
import { logIn } from '../logins/over_sandbox.js';
import { KEYS } from '../service/service.js';
import { inBrowser } from './browser.js';
import { atTelegram, BEN, CLEO, type VisitWithTelegram } from './over_sandbox.js';
import { type Language, type Words, wordsIn } from './words.js';

const channel = { created: '2024-01-01T00:00:00Z', participants: 9, dc: 2 };
const REPORT = { type: 'pdf', name: 'report.pdf', size: 70_000 };

/** An account with a password, one whose file is uploaded, a public channel and a private one. */
const WORLD = parseSeed({
  accounts: [
    {
      ...{ phone: CLEO.phone, id: 7000000003, first_name: 'Cleo' },
      ...{ password: CLEO.password, password_hint: 'battery staple' },
    },
    { phone: BEN.phone, id: 7000000002, first_name: 'Ben' },
  ],
  channels: [
    {
      ...{ ...channel, id: 1000000001, title: 'BBC News', username: 'bbcnews', members: 'everyone' },
      messages: { count: 150, files: 20 },
    },
    {
      ...{ ...channel, id: 1000000003, title: 'VIP Channel', members: [CLEO.phone] },
      messages: [{ text: 'Welcome.' }, { text: 'The report:', file: REPORT }],
    },
  ],
});

/** From the first click to the downloaded file, as somebody who reads this language. */
const LANGUAGES: Readonly<Record<string, { readonly language: Language; readonly locale: string }>> = {
  English: { language: 'en', locale: 'en-GB' },
  Russian: { language: 'ru', locale: 'ru-RU' },
};

inBrowser('the journeys of an operator', (visiting) => {
  for (const [name, { language, locale }] of Object.entries(LANGUAGES)) {
    it(`lead from the first click to the downloaded file, in ${name}`, async () => {
      const nas = mkdtempSync(join(tmpdir(), 'nas-'));
      try {
        await atTelegram(
          visiting,
          async (visit) => {
            const words = await wordsIn(language);
            const file = await fileMadeElsewhere(visit);
            await signIn(visit, words);
            await addAccountByCode(visit, words);
            await addPrivateSource(visit, words);
            await followRunToItsFile(visit, words, nas);
            await addAccountByFile(visit, words, file);
            await addPublicSource(visit, words);
          },
          { seed: WORLD, settings: { NAS_ROOT: nas }, browser: { locale } },
        )();
      } finally {
        rmSync(nas, { recursive: true, force: true });
      }
    }, 240_000);
  }
});

async function signIn({ page, service }: VisitWithTelegram, words: Words): Promise<void> {
  await page.goto(service.url);
  await page.getByLabel(words('shell.signIn.key')).fill(KEYS.admin);
  await page.getByRole('button', { name: words('shell.signIn.submit') }).click();
  await titleIs(page, words('shell.pages.pool'));
}

/** Phone number, code, 2FA password, name; from the empty pool to the page of the session. */
async function addAccountByCode({ page }: VisitWithTelegram, words: Words): Promise<void> {
  await page.getByRole('link', { name: words('pool.empty.add') }).click();
  const dialog = page.getByRole('dialog', { name: words('accounts.title') });
  await dialog.getByLabel(words('accounts.phone')).fill(CLEO.phone);
  await dialog.getByLabel(words('accounts.name')).fill('my_session');
  await dialog.getByRole('button', { name: words('accounts.sendCode') }).click();
  await dialog.getByText(words('accounts.way.app')).waitFor();
  await dialog.getByLabel(words('accounts.code'), { exact: true }).fill(CLEO.code);
  await dialog.getByRole('button', { name: words('accounts.verify') }).click();
  await dialog.getByText(words('accounts.passwordHint', { hint: 'battery staple' })).waitFor();
  await dialog.getByLabel(words('accounts.password')).fill(CLEO.password);
  await dialog.getByRole('button', { name: words('accounts.verify') }).click();
  await dialog.getByText(words('accounts.signedIn')).waitFor();
  await dialog.getByRole('button', { name: words('accounts.save') }).click();
  await dialog.getByText(words('accounts.savedText', { name: 'my_session' })).waitFor();
  await dialog.getByRole('button', { name: words('accounts.show'), exact: true }).click();
  await titleIs(page, 'my_session');
}

/** One of the session's channels, by the form that it fills in. */
async function addPrivateSource({ page }: VisitWithTelegram, words: Words): Promise<void> {
  const channels = page.getByRole('region', { name: words('sessions.channels.title') });
  await channels.getByRole('button', { name: words('sessions.channels.show') }).click();
  const vip = channels.getByRole('listitem').filter({ hasText: 'VIP Channel' });
  await vip.getByText(words('sessions.channels.private'), { exact: true }).waitFor();
  await vip
    .getByRole('button', { name: words('sessions.channels.addNamed', { title: 'VIP Channel' }) })
    .click();
  const form = page.getByRole('dialog', { name: words('sources.form.add') });
  const channelField = form.getByLabel(words('sources.form.channel'), { exact: true });
  expect(await channelField.inputValue()).toBe('1000000003');
  expect(await form.getByLabel(words('sources.access.private')).isChecked()).toBe(true);
  await form.getByLabel(words('sources.form.name'), { exact: true }).fill('Private VIP Channel');
  await form.getByLabel(words('sources.form.target')).selectOption(words('sources.target.NAS'));
  await form.getByRole('button', { name: words('sources.form.addAction') }).click();
  await titleIs(page, 'Private VIP Channel');
}

/** From the page of the source to the run, its end, and a file that is the one that was stored. */
async function followRunToItsFile({ page }: VisitWithTelegram, words: Words, nas: string): Promise<void> {
  const runs = page.getByRole('table', { name: words('shell.pages.runs') });
  await runs.getByRole('link', { name: words('runs.named', { id: 1 }) }).click();
  await titleIs(page, words('runs.title', { id: 1 }));
  await page.getByText(words('runs.meaning.completed')).waitFor();
  await page.getByRole('log').getByText('my_session').first().waitFor();
  await page.getByRole('tab', { name: words('runs.files.title') }).click();
  const link = page.getByRole('link', { name: /report\.pdf/ });
  const downloading = page.waitForEvent('download');
  await link.click();
  const download = await downloading;
  const stored = readdirSync(nas, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('report.pdf'),
  );
  const content = readFileSync(await download.path());
  expect(content.length).toBe(REPORT.size);
  expect(content.equals(readFileSync(join(nas, stored ?? '')))).toBe(true);
}

/** A `.session` file that a library wrote, with a name and a phone number. */
async function addAccountByFile({ page }: VisitWithTelegram, words: Words, file: Buffer): Promise<void> {
  await openFromMenu(page, words, 'sessions');
  await page.getByRole('button', { name: words('sessions.add'), exact: true }).click();
  const dialog = page.getByRole('dialog', { name: words('accounts.title') });
  await dialog.getByRole('tab', { name: words('accounts.tab.upload') }).click();
  const choosing = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: words('accounts.upload.choose') }).click();
  await (await choosing).setFiles([{ name: 'download (3).session', mimeType: '', buffer: file }]);
  await dialog.getByLabel(words('accounts.name')).fill('imported_session');
  await dialog.getByLabel(words('accounts.phone')).fill(BEN.phone);
  await dialog.getByRole('button', { name: words('accounts.upload.submit', { count: 1 }) }).click();
  await dialog.getByRole('link', { name: words('accounts.showNamed', { name: 'imported_session' }) }).click();
  await titleIs(page, 'imported_session');
  await page.getByRole('definition').getByText(BEN.phone).waitFor();
}

/** By the form alone: no session is named. Its badge, target and run are then in the table. */
async function addPublicSource({ page }: VisitWithTelegram, words: Words): Promise<void> {
  await openFromMenu(page, words, 'sources');
  await page.getByRole('button', { name: words('sources.add') }).click();
  const form = page.getByRole('dialog', { name: words('sources.form.add') });
  const fill = (label: string, text: string) => form.getByLabel(label, { exact: true }).fill(text);
  await fill(words('sources.form.name'), 'BBC News');
  await fill(words('sources.form.channel'), '@bbcnews');
  await fill(`${words('sources.form.title')} (${words('common.optional')})`, 'BBC News');
  await form.getByRole('button', { name: words('sources.form.addAction') }).click();
  await titleIs(page, 'BBC News');
  await openFromMenu(page, words, 'sources');
  const row = page.getByRole('row', { name: /BBC News/ });
  await badge(row, words('sources.access.public')).waitFor();
  await row.getByText('LOCAL', { exact: true }).waitFor();
  await row.getByText(words('runs.state.completed')).waitFor();
  const vip = page.getByRole('row', { name: /Private VIP Channel/ });
  await badge(vip, words('sources.access.private')).waitFor();
  await vip.getByText('NAS', { exact: true }).waitFor();
  await vip.getByRole('link', { name: 'my_session' }).waitFor();
}

/** It stands beside the name on a phone, else in a column of its own. */
function badge(row: Locator, text: string): Locator {
  return row.getByText(text, { exact: true }).filter({ visible: true });
}

async function openFromMenu(page: Page, words: Words, name: string): Promise<void> {
  const menu = page.getByRole('navigation', { name: words('shell.main') });
  await menu.getByRole('link', { name: words(`shell.pages.${name}`), exact: true }).click();
  await titleIs(page, words(`shell.pages.${name}`));
}

function titleIs(page: Page, name: string): Promise<void> {
  return page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}

/** The file of a session that the service had once. */
async function fileMadeElsewhere(visit: VisitWithTelegram): Promise<Buffer> {
  const { service } = visit;
  const { id, session_file } = await logIn(visit, BEN.phone);
  const file = readFileSync(join(service.sessionsDir, session_file));
  await service.as('admin').delete(`/sessions/${id}`).expect(200);
  return file;
}
