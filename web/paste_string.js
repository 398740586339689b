import { applicationFields, applicationOf } from './application_fields.js';
import { button, el, fill } from './dom.js';
import { labelled } from './labelled.js';
import { savedSession } from './saved_session.js';
import { focusFirst, stepForm } from './step_form.js';

const FIELDS = [
  {
    name: 'name',
    id: 'paste-name',
    label: 'Session name',
    required: true,
    maxlength: 120,
    spellcheck: 'false',
    hint: 'The name of the session and of its file.',
  },
  {
    name: 'session_string',
    id: 'paste-string',
    label: 'Session string',
    rows: 5,
    required: true,
    maxlength: 4096,
    class: 'code',
    spellcheck: 'false',
    autocapitalize: 'none',
    hint: 'From Telethon, GramJS or Pyrogram. From now on, nothing else may use it.',
  },
];

/**
 * Adds a session from a session string.
 *
 * @param {{ api: object, openSession(id: number): void, saved(): void, close(): void, show(id: number): void }} context
 */
export function createPasteString({ api, openSession, saved, close, show }) {
  const form = stepForm({
    content: [FIELDS.map(labelled), applicationFields('paste')],
    confirm: 'Check and save',
    progress: 'Checking…',
    others: [button('Cancel', close)],
    ways: { openSession },
    async run({ name, session_string, ...values }) {
      const body = { name: name.trim(), session_string: session_string.trim(), ...applicationOf(values) };
      const session = await api.send('POST', '/sessions', body);
      form.reset();
      fill(element, savedSession(session, { show: () => show(session.id), again }));
      element.querySelector('h3').focus();
      saved();
    },
  });
  const element = el('div', {}, form);

  function again() {
    fill(element, form);
    focusFirst(form);
  }

  return {
    label: 'Paste a session string',
    element,
    lost: () => null,
    leave() {},
  };
}
