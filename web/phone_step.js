import { applicationFields, applicationOf } from './application_fields.js';
import { el } from './dom.js';
import { labelled } from './labelled.js';
import { stepForm } from './step_form.js';

const FIELDS = [
  {
    name: 'phone_number',
    id: 'login-phone',
    label: 'Phone number',
    type: 'tel',
    required: true,
    placeholder: '+49 151 23456789',
    hint: 'In international format, with +. The account must already exist.',
  },
  {
    name: 'session_name',
    id: 'login-name',
    label: 'Session name (optional)',
    maxlength: 120,
    placeholder: 'default: the phone number',
    spellcheck: 'false',
    hint: 'The name of the session and of its file.',
  },
];

/**
 * Asks for the phone number, and requests a code.
 *
 * @param {(request: object) => Promise<unknown>} begin `request`: as `send-otp` expects it
 * @param {{ others: HTMLElement[], ways: object }} around
 */
export function phoneStep(begin, around) {
  return stepForm({
    content: [
      el('p', { class: 'muted' }, 'Telegram will send a login code to this account.'),
      FIELDS.map(labelled),
      applicationFields('login'),
    ],
    confirm: 'Send code',
    progress: 'Sending…',
    run({ phone_number, session_name, ...values }) {
      const name = session_name.trim();
      return begin({ phone_number, ...(name && { session_name: name }), ...applicationOf(values) });
    },
    ...around,
  });
}
