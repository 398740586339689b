import type { Locator, Page } from 'playwright-core';
import type { Visit } from './browser.js';

/** Opens the dialog that adds sessions, as an admin, and returns the contents of one tab. */
export async function openAddDialog({ page, signIn, open }: Visit, name: string): Promise<Locator> {
  await signIn('admin');
  await open('Sessions');
  await page.getByRole('button', { name: 'Add a session', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a session' });
  await dialog.getByRole('tab', { name }).click();
  return dialog.getByRole('tabpanel', { name });
}

/** Has a code sent to a phone; resolves when the dialog asks for it, with the login's id. */
export async function sendCode(tab: Locator, phone: string, name = ''): Promise<string> {
  const answered = tab.page().waitForResponse('**/send-otp');
  await tab.getByLabel('Phone number').fill(phone);
  await tab.getByLabel('Session name').fill(name);
  await tab.getByRole('button', { name: 'Send code' }).click();
  await tab.getByLabel('Code', { exact: true }).waitFor();
  return (await (await answered).json()).temp_session_id;
}

/** Types the code and sends it. */
export async function enterCode(tab: Locator, code: string): Promise<void> {
  await tab.getByLabel('Code', { exact: true }).fill(code);
  await tab.getByRole('button', { name: 'Sign in' }).click();
}

/** The panel of a session, once it is open. */
export async function panelOf(page: Page, name: string): Promise<Locator> {
  const panel = page.getByRole('dialog', { name, exact: true });
  await panel.waitFor();
  return panel;
}
