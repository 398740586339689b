import { copy } from './copy.js';
import { openDialog } from './dialogs.js';
import { button, el, nameText, whileBusy } from './dom.js';
import { clearProblems, problemsPlace, showProblems } from './form_problems.js';
import { labelled } from './labelled.js';
import { attempt, say } from './messages.js';
import { saveFile } from './save_file.js';

const FORMATS = ['Telethon', 'GramJS', 'Pyrogram'];

/** Exports a session as a string or a file; resolves when the dialog is closed. */
export function exportSession(api, session) {
  const path = `/sessions/${session.id}/export`;
  const format = labelled({
    name: 'format',
    id: 'export-format',
    label: 'Session string for',
    options: FORMATS,
  });
  const string = labelled({
    name: 'session_string',
    id: 'export-string',
    label: 'Session string',
    type: 'password',
    class: 'code',
    readonly: true,
    placeholder: 'Loading…',
  });
  const [choice, shown] = [format.querySelector('select'), string.querySelector('input')];
  const reveal = button('Reveal', () => setRevealed(shown.type === 'password'), '', {
    'aria-pressed': 'false',
  });
  const copyIt = button('Copy', copyString, 'primary');
  const file = button('Download .session file', () =>
    attempt(() => whileBusy(file, download, 'Downloading…')),
  );

  function setRevealed(revealed) {
    shown.type = revealed ? 'text' : 'password';
    reveal.setAttribute('aria-pressed', String(revealed));
  }

  async function load() {
    clearProblems(form);
    shown.value = '';
    for (const button of [reveal, copyIt]) button.disabled = true;
    const wanted = choice.value;
    try {
      const answer = await api.get(path, { format: wanted.toLowerCase() });
      if (wanted !== choice.value) return;
      shown.value = answer.session_string;
      for (const button of [reveal, copyIt]) button.disabled = false;
    } catch (error) {
      if (wanted === choice.value) showProblems(form, error);
    }
  }

  async function copyString() {
    if (await copy(shown.value, shown)) return say('Copied');
    setRevealed(true);
    shown.select();
    say('The string is selected: press Ctrl+C to copy it');
  }

  async function download() {
    saveFile(await api.download(path, { format: 'file' }), `${session.name.split('/').at(-1)}.session`);
  }

  const form = el(
    'form',
    { method: 'dialog' },
    el('div', { class: 'head' }, el('h2', { id: 'export-title' }, 'Export ', nameText(session.name))),
    el('p', { class: 'warning' }, warning(session)),
    format,
    string,
    problemsPlace(),
    el('div', { class: 'actions start' }, copyIt, reveal),
    el('div', { class: 'actions' }, file, el('button', { type: 'submit' }, 'Close')),
  );
  choice.addEventListener('change', load);
  form.addEventListener('submit', () => setRevealed(false));
  const dialog = el('dialog', { class: 'ask', 'aria-labelledby': 'export-title' }, form);
  return new Promise((resolve) => {
    openDialog(dialog, () => {
      dialog.remove();
      resolve();
    });
    void load();
  });
}

function warning({ status }) {
  const twice =
    'Anyone who has it controls the account. Never use it in two places at once: Telegram would revoke it.';
  const first = status === 'inactive' ? '' : ' Take the session out of the pool before you use it elsewhere.';
  return `${twice}${first}`;
}
