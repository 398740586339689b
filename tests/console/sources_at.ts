import type { Locator, Page } from 'playwright-core';
import { parseSeed } from '../../sandbox/world/seed.js';
import { logIn } from '../logins/over_sandbox.js';
import { ADA, type VisitWithTelegram } from './over_sandbox.js';

const channel = { created: '2024-01-01T00:00:00Z', participants: 9, dc: 1 };

/** One account, a channel that is read in a moment, one that takes long, and a private one. */
export const CHANNELS = parseSeed({
  accounts: [{ phone: ADA.phone, id: 7000000001, first_name: 'Ada' }],
  channels: [
    {
      ...{ ...channel, id: 1000000001, title: 'Daily', username: 'daily_news', members: 'everyone' },
      messages: { count: 240, files: 120, file_types: ['pdf'], largest_file: 3000 },
    },
    {
      ...{ ...channel, id: 1000000002, title: 'Archive', username: 'long_archive', members: 'everyone' },
      messages: { count: 100_000 },
    },
    {
      ...{ ...channel, id: 1000000003, title: 'Team', members: [ADA.phone] },
      messages: [{ text: 'Welcome.' }],
    },
  ],
});

/** Logs the account in as the session `ada`, and opens a page of the console as an admin. */
export async function openWithAda(visit: VisitWithTelegram, path = '/sources'): Promise<void> {
  const { id } = await logIn(visit, ADA.phone);
  await visit.service.as('admin').put(`/sessions/${id}`).send({ name: 'ada' }).expect(200);
  await visit.signIn('admin', path);
}

/** Opens the form for a new source. */
export async function openForm(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: 'Add source' }).click();
  return page.getByRole('dialog', { name: 'Add source' });
}

/** Adds a public source by the form; resolves when its page is shown. */
export async function addPublic(page: Page, name: string, username: string): Promise<void> {
  const form = await openForm(page);
  await form.getByLabel('Channel', { exact: true }).fill(username);
  await form.getByLabel('Name', { exact: true }).fill(name);
  await form.getByRole('button', { name: 'Add source' }).click();
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** A term of a description list, and its value. */
export function fact(place: Locator | Page, term: string): Locator {
  return place.locator('dt', { hasText: new RegExp(`^${term}$`) }).locator('xpath=following-sibling::dd[1]');
}
