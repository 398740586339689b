import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { post } from '../logins/over_sandbox.js';
import { some } from '../service/service.js';
import { enterCode, openAddDialog, save, sendCode } from './add_dialog.js';
import { inBrowser } from './browser.js';
import { ADA, atTelegram, CLEO } from './over_sandbox.js';

const BY_CODE = 'Sign in with a code';

inBrowser('logging in through the console', (visiting) => {
  it(
    'asks for a phone number, a code and a name, and shows the saved session',
    atTelegram(visiting, async (visit) => {
      const { page, service } = visit;
      const tab = await openAddDialog(visit, BY_CODE);
      await sendCode(tab, ADA.phone);
      await tab.getByText('to the Telegram app of this account').waitFor();
      await tab.getByText(/Code expires in \d+:\d\d/).waitFor();
      await enterCode(tab, ADA.code);
      expect(await tab.getByLabel('Session name').inputValue()).toBe('9996610001');
      await save(tab, '9996610001.session');
      expect(existsSync(join(service.sessionsDir, '9996610001.session'))).toBe(true);
      await tab.getByRole('button', { name: 'Show the session' }).click();
      await page.getByRole('heading', { level: 1, name: '9996610001' }).waitFor();
      await page.getByRole('definition').getByText(ADA.phone).waitFor();
    }),
  );

  it(
    'asks for the password of an account that has one, and keeps the code',
    atTelegram(visiting, async (visit) => {
      const tab = await openAddDialog(visit, BY_CODE);
      await sendCode(tab, CLEO.phone, 'cleo');
      await enterCode(tab, CLEO.code);
      await tab.getByText('Hint: battery staple').waitFor();
      const password = tab.getByLabel('2FA password');
      await password.fill('wrong');
      await tab.getByRole('button', { name: 'Verify' }).click();
      await tab.getByRole('alert').getByText('Wrong 2FA password').waitFor();
      expect(await password.inputValue()).toBe('wrong');
      expect(await tab.getByLabel('Code', { exact: true }).inputValue()).toBe(CLEO.code);
      await password.fill(CLEO.password);
      await tab.getByRole('button', { name: 'Verify' }).click();
      await save(tab, 'cleo.session');
    }),
  );

  it(
    'shows at the field that a code is wrong, and accepts another one',
    atTelegram(visiting, async (visit) => {
      const tab = await openAddDialog(visit, BY_CODE);
      await sendCode(tab, ADA.phone);
      await enterCode(tab, '54321');
      await tab.getByRole('alert').getByText('Wrong code').waitFor();
      const code = tab.getByLabel('Code', { exact: true });
      expect(await code.inputValue()).toBe('54321');
      expect(await code.getAttribute('aria-invalid')).toBe('true');
      expect(await visit.page.evaluate('document.activeElement.name')).toBe('code');
      await enterCode(tab, ADA.code);
      await save(tab, '9996610001.session');
    }),
  );

  it(
    'shows the session that already has the name or phone number, before a code is sent',
    atTelegram(
      visiting,
      async (visit) => {
        const { page } = visit;
        const tab = await openAddDialog(visit, BY_CODE);
        await tab.getByLabel('Phone number').fill(ADA.phone);
        await tab.getByLabel('Session name').fill('s001');
        await tab.getByRole('button', { name: 'Send code' }).click();
        await tab.getByRole('alert').getByRole('link', { name: 's001' }).click();
        await page.getByRole('heading', { level: 1, name: 's001' }).waitFor();
        await page.goBack();
        expect(await tab.getByLabel('Phone number').inputValue()).toBe(ADA.phone);
        await sendCode(tab, ADA.phone, 'ada');
        await enterCode(tab, ADA.code);
        await save(tab, 'ada.session');
        await tab.getByRole('button', { name: 'Add another' }).click();
        await tab.getByLabel('Phone number').fill(ADA.phone);
        await tab.getByRole('button', { name: 'Send code' }).click();
        const inTheWay = tab.getByRole('alert').getByText('This phone number already has a session');
        await inTheWay.getByRole('link', { name: 'ada' }).waitFor();
      },
      { files: some(1) },
    ),
  );

  it(
    'keeps a login whose name has been taken until another name is chosen',
    atTelegram(visiting, async (visit) => {
      const { service } = visit;
      const tab = await openAddDialog(visit, BY_CODE);
      await sendCode(tab, ADA.phone, 'wanted');
      service.write('wanted.session');
      await post(service, '/sync', {}).expect(200);
      await enterCode(tab, ADA.code);
      await tab.getByText('The account is signed in').waitFor();
      await tab.getByRole('button', { name: 'Save session' }).click();
      await tab.getByRole('alert').getByText('This name is taken by').waitFor();
      await tab.getByLabel('Session name').fill('another');
      await save(tab, 'another.session');
    }),
  );

  it(
    'asks before it cancels a login, and then cancels it in the service as well',
    atTelegram(visiting, async (visit) => {
      const { page, service } = visit;
      const tab = await openAddDialog(visit, BY_CODE);
      const temp_session_id = await sendCode(tab, ADA.phone);
      await page.keyboard.type('1234');
      await page.keyboard.press('Escape');
      const question = page.getByRole('dialog', { name: 'Cancel this login?' });
      await question.getByText('The code will no longer work').waitFor();
      await question.getByRole('button', { name: 'Go back' }).click();
      expect(await tab.getByLabel('Code', { exact: true }).inputValue()).toBe('1234');
      await page.keyboard.press('Escape');
      const givenUp = page.waitForResponse(`**/sessions/temp/${temp_session_id}`);
      await page.getByRole('button', { name: 'Cancel login' }).click();
      await tab.waitFor({ state: 'detached' });
      expect((await givenUp).status()).toBe(200);
      const body = { temp_session_id, code: ADA.code };
      await post(service, '/sessions/verify-otp', body).expect(404);
    }),
  );

  it(
    'goes on after a reload',
    atTelegram(visiting, async (visit) => {
      const tab = await openAddDialog(visit, BY_CODE);
      await sendCode(tab, ADA.phone, 'ada');
      await visit.page.reload();
      await enterCode(tab, ADA.code);
      await save(tab, 'ada.session');
    }),
  );

  it(
    'starts over if the login has expired',
    atTelegram(visiting, async (visit) => {
      const { service } = visit;
      const tab = await openAddDialog(visit, BY_CODE);
      const temp_session_id = await sendCode(tab, ADA.phone);
      await service.as('admin').delete(`/sessions/temp/${temp_session_id}`).expect(200);
      await enterCode(tab, ADA.code);
      await tab.getByRole('alert').getByText('This login has expired or was cancelled').waitFor();
      await tab.getByRole('button', { name: 'Start over' }).click();
      expect(await tab.getByLabel('Phone number').inputValue()).toBe(ADA.phone);
      await sendCode(tab, ADA.phone);
    }),
  );

  it(
    'starts over if the number was wrong, and keeps the input',
    atTelegram(visiting, async (visit) => {
      const tab = await openAddDialog(visit, BY_CODE);
      await sendCode(tab, ADA.phone, 'mine');
      await tab.getByRole('button', { name: 'Change number' }).click();
      expect(await tab.getByLabel('Phone number').inputValue()).toBe(ADA.phone);
      expect(await tab.getByLabel('Session name').inputValue()).toBe('mine');
      await sendCode(tab, CLEO.phone, 'mine');
      await tab.getByText(CLEO.phone).waitFor();
    }),
  );

  it(
    'resends the code in the next way as soon as Telegram allows it, and counts anew',
    atTelegram(visiting, async (visit) => {
      const { page } = visit;
      await page.clock.install();
      const tab = await openAddDialog(visit, BY_CODE);
      await sendCode(tab, ADA.phone);
      expect(await tab.getByRole('button', { name: /Resend by SMS in 0:5/ }).isDisabled()).toBe(true);
      await page.clock.fastForward(200_000);
      await tab.getByText(/Code expires in 1:3\d/).waitFor();
      await tab.getByRole('button', { name: 'Resend by SMS' }).click();
      await tab.getByText('Telegram sent the code by SMS').waitFor();
      await tab.getByText(/Code expires in (5:00|4:5\d)/).waitFor();
      await tab.getByRole('button', { name: 'Resend by phone call' }).waitFor();
      await page.clock.fastForward(310_000);
      await tab.getByText('The code has expired').waitFor();
      await tab.getByRole('button', { name: 'Start over' }).click();
      await tab.getByLabel('Phone number').waitFor();
    }),
  );

  it(
    'accepts a good code when the time of the one before it is over',
    atTelegram(visiting, async (visit) => {
      const { page } = visit;
      await page.clock.install();
      const tab = await openAddDialog(visit, BY_CODE);
      await sendCode(tab, ADA.phone);
      await page.clock.fastForward(200_000);
      await tab.getByRole('button', { name: 'Resend by SMS' }).click();
      await tab.getByText('Telegram sent the code by SMS').waitFor();
      await page.clock.fastForward(200_000);
      await tab.getByText(/Code expires in 1:[34]\d/).waitFor();
      expect(await tab.getByText('The code has expired').count()).toBe(0);
      await enterCode(tab, ADA.code);
      await save(tab, '9996610001.session');
    }),
  );

  it(
    'says how long Telegram asks to wait, and that nothing was changed if it does not answer',
    atTelegram(visiting, async (visit) => {
      const { sandbox } = visit;
      const tab = await openAddDialog(visit, BY_CODE);
      const fault = sandbox.faults.add({ fault: 'FLOOD_WAIT_86340', method: 'auth.sendCode' });
      await tab.getByLabel('Phone number').fill(ADA.phone);
      await tab.getByRole('button', { name: 'Send code' }).click();
      await tab.getByRole('alert').getByText('Telegram asks to wait 23h 59m').waitFor();
      sandbox.faults.clear(fault.id);
      for (const dc of [1, 2, 3]) await sandbox.behave(dc, 'refuse');
      await tab.getByRole('button', { name: 'Send code' }).click();
      await tab.getByRole('alert').getByText('Telegram did not answer. Nothing was changed').waitFor();
      for (const dc of [1, 2, 3]) await sandbox.behave(dc, 'normal');
      await tab.getByRole('button', { name: 'Try again' }).click();
      await tab.getByLabel('Code', { exact: true }).waitFor();
    }),
  );

  it(
    'expands the application fields if the service has none',
    atTelegram(
      visiting,
      async (visit) => {
        const tab = await openAddDialog(visit, BY_CODE);
        await tab.getByLabel('Phone number').fill(ADA.phone);
        await tab.getByRole('button', { name: 'Send code' }).click();
        await tab.getByRole('alert').getByText('The service has no application configured').waitFor();
        await tab.getByLabel('api_id').fill('12345');
        await tab.getByLabel('api_hash').fill('0123456789abcdef0123456789abcdef');
        await tab.getByRole('button', { name: 'Send code' }).click();
        await tab.getByLabel('Code', { exact: true }).waitFor();
      },
      { settings: { TELEGRAM_API_ID: '', TELEGRAM_API_HASH: '' } },
    ),
  );

  it(
    'sends no code for a number whose session Telegram accepts',
    atTelegram(visiting, async (visit) => {
      const { page, signIn } = visit;
      const tab = await openAddDialog(visit, BY_CODE);
      await sendCode(tab, ADA.phone, 'ada');
      await enterCode(tab, ADA.code);
      await save(tab, 'ada.session');
      await signIn('admin', '/sessions');
      const dialog = page.getByRole('dialog', { name: 'Get code' });
      const ask = async (phone: string) => {
        await dialog.getByLabel('Phone number').fill(phone);
        await dialog.getByRole('button', { name: 'Get code' }).click();
      };
      await page.getByRole('button', { name: 'Get code' }).click();
      await ask(ADA.phone);
      await dialog.getByRole('status').getByText('no code is needed').waitFor();
      await dialog.getByText(/Account 7000000001, file .*ada\.session/).waitFor();
      await ask(CLEO.phone);
      await enterCode(dialog, CLEO.code);
      await dialog.getByLabel('2FA password').fill(CLEO.password);
      await dialog.getByRole('button', { name: 'Verify' }).click();
      await dialog.getByRole('region', { name: 'Saved' }).getByText('9996620001.session').waitFor();
    }),
  );
});
