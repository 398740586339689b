import { codeStep } from './code_step.js';
import { button, el, fill } from './dom.js';
import { Login } from './login.js';
import { nameStep } from './name_step.js';
import { phoneStep } from './phone_step.js';
import { savedSession } from './saved_session.js';
import { focusFirst } from './step_form.js';

/**
 * Signs an account in, step by step.
 *
 * @param {{ api: object, openSession(id: number): void, saved(): void, close(): void, show(id: number): void }} context
 *   `show`: closes the dialog and opens that session; `openSession`: opens it on top of the dialog
 */
export function createLoginByCode({ api, openSession, saved, close, show }) {
  let login = new Login(api);
  const ways = { openSession, beginAgain };
  const phone = phoneStep(begin, { others: [button('Cancel', close)], ways });
  const element = el('div', {}, phone);
  const cancel = () =>
    button(
      'Cancel',
      () => {
        login.giveUp();
        close();
      },
      'cancel',
    );

  function open(step) {
    fill(element, step);
    focusFirst(step);
  }

  async function begin(request) {
    login = new Login(api);
    const sent = await login.begin(request);
    if (!login.underWay) return;
    open(codeStep(login, sent, { onSaved, onNameTaken, others: [cancel()], ways }));
  }

  function onNameTaken(error) {
    const save = async (name) => onSaved(await login.save(name));
    open(nameStep(error, save, { others: [cancel()], ways }));
  }

  function onSaved(session) {
    const again = () => {
      phone.reset();
      open(phone);
    };
    fill(element, savedSession(session, { show: () => show(session.id), again }));
    element.querySelector('h3').focus();
    saved();
  }

  function beginAgain() {
    login.giveUp();
    open(phone);
  }

  return {
    label: 'Sign in with a code',
    element,
    focus: () => focusFirst(element),
    lost: () =>
      login.underWay && {
        title: 'Cancel this login?',
        text: 'The code will no longer work.',
        confirm: 'Cancel login',
      },
    leave: () => login.giveUp(),
  };
}
