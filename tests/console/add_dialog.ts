import type { Locator } from 'playwright-core';
import type { Visit } from './browser.js';

/** Opens the dialog that adds accounts, as an admin, and returns the contents of one tab. */
export async function openAddDialog({ page, signIn }: Visit, name: string): Promise<Locator> {
  await signIn('admin', '/sessions');
  await page.getByRole('button', { name: 'Add accounts', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Add accounts' });
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
  await tab.getByRole('button', { name: 'Verify' }).click();
}

/** Saves a login that was verified; resolves when that is shown. */
export async function save(tab: Locator, file: string): Promise<void> {
  await tab.getByRole('button', { name: 'Save session' }).click();
  await tab.getByRole('region', { name: 'Saved' }).getByText(file).waitFor();
}
