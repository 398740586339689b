import { whereCodeIs } from './code_ways.js';
import { countdown } from './countdown.js';
import { button, el, fill } from './dom.js';
import { clearProblems, showProblems } from './form_problems.js';
import { labelled } from './labelled.js';
import { createResend } from './resend_code.js';
import { stepForm } from './step_form.js';
import { clock } from './time.js';

/**
 * Asks for the code, and then for the password if the account has one.
 *
 * @param {import('./login.js').Login} login whose code was sent
 * @param {object} sent the service's answer about the code
 * @param {object} around
 * @param {(session: object) => void} around.onSaved
 * @param {(error: Error) => void} around.onNameTaken the login succeeded, but its name is taken
 * @param {HTMLElement[]} around.others
 * @param {{ beginAgain(): void }} around.ways
 */
export function codeStep(login, sent, { onSaved, onNameTaken, others, ways }) {
  const where = el('p', { role: 'status' });
  const number = el('strong', {}, el('bdi', {}, sent.phone_number));
  const account = el('p', {}, number, ' ', button('Change number', ways.beginAgain, 'link small'));
  const code = labelled({
    name: 'code',
    id: 'login-code',
    label: 'Code',
    required: true,
    maxlength: 64,
    class: 'code digits',
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    spellcheck: 'false',
  });
  const password = el('div', { hidden: true });
  const resend = createResend(() => sendAgain());
  const form = stepForm({
    label: 'Enter the code',
    content: [
      account,
      where,
      code,
      resend.element,
      password,
      timeLeft(sent.expires_in_minutes, ways.beginAgain),
    ],
    confirm: 'Sign in',
    progress: 'Signing in…',
    run: enter,
    others,
    ways,
  });

  async function enter(values) {
    try {
      const { session, hint } = await login.enter(values);
      if (session) onSaved(session);
      else askPassword(hint);
    } catch (error) {
      if (error.code !== 'name_taken') throw error;
      onNameTaken(error);
    }
  }

  function tell(answer) {
    fill(where, `Telegram sent the code ${whereCodeIs(answer.code_type)}.`);
    resend.sent(answer);
  }

  async function sendAgain() {
    clearProblems(form);
    try {
      tell(await login.resend());
    } catch (error) {
      showProblems(form, error, ways);
    }
    code.querySelector('input').focus();
  }

  function askPassword(hint) {
    if (!password.hidden) return;
    // Telegram has accepted the code and expects no other.
    code.querySelector('input').readOnly = true;
    resend.element.hidden = true;
    const field = labelled({
      name: 'password',
      id: 'login-password',
      label: '2FA password',
      type: 'password',
      required: true,
      hint: hint
        ? ['Hint: ', el('bdi', {}, hint)]
        : 'This account is protected by a password. It has no hint.',
    });
    fill(password, field);
    password.hidden = false;
    field.querySelector('input').focus();
  }

  tell(sent);
  return form;
}

function timeLeft(minutes, beginAgain) {
  const element = el('p', { class: 'muted small' });
  const words = (seconds) => `Code expires in ${clock(seconds)}`;
  const over = () => fill(element, 'The code has expired. ', button('Start over', beginAgain, 'link'));
  fill(element, countdown(Date.now() + minutes * 60_000, words, over));
  return element;
}
