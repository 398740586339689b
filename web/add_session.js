import { ask } from './ask.js';
import { openDialog } from './dialogs.js';
import { button, el } from './dom.js';
import { createLoginByCode } from './login_by_code.js';
import { createPasteString } from './paste_string.js';
import { tabs } from './tabs.js';
import { createUploadFiles } from './upload_files.js';

/**
 * Opens the dialog by which accounts get into the pool. It asks before anything that is under way is lost.
 *
 * @param {{ api: object, openSession(id: number): void, saved(): void }} context `saved`: told of each session
 */
export function addSession({ api, openSession, saved }) {
  const title = el('h2', { id: 'add-title' }, 'Add a session');
  const dialog = el('dialog', { class: 'add-session', 'aria-labelledby': 'add-title' });
  const close = () => dialog.close();
  const leave = () => leaveAsking(parts, close);
  const show = (id) => {
    close();
    openSession(id);
  };
  const context = { api, openSession, saved, show };
  const code = createLoginByCode({ ...context, close: leave });
  const parts = [
    code,
    createUploadFiles({ ...context, close: leave }),
    createPasteString({ ...context, close: leave }),
  ];
  dialog.append(
    el('div', { class: 'head' }, title, button('×', leave, 'quiet close', { 'aria-label': 'Close' })),
    ...tabs('How it gets in', parts),
  );
  holdOnEscape(dialog, leave);
  // A file that is dropped beside its place would be opened by the browser instead of this page.
  for (const event of ['dragover', 'drop'])
    dialog.addEventListener(event, (dropped) => dropped.preventDefault());
  openDialog(dialog, () => {
    for (const part of parts) part.leave();
    dialog.remove();
  });
  code.focus();
}

/** Closes, but not over the head of somebody who is in the middle of something. */
async function leaveAsking(parts, close) {
  const lost = parts.map((part) => part.lost()).filter(Boolean);
  const question = { title: 'Stop here?', text: lost, confirm: 'Stop', cancel: 'Go on', danger: true };
  if (lost.length === 0 || (await ask({ ...question, run: async () => undefined }))) close();
}

/** `cancel` alone would not do: of two in a row the browser carries out the second, whatever a page says. */
function holdOnEscape(dialog, leave) {
  const hold = (event) => {
    event.preventDefault();
    void leave();
  };
  dialog.addEventListener('keydown', (event) => event.key === 'Escape' && hold(event));
  // A file picker that is cancelled says so too, and it bubbles.
  dialog.addEventListener('cancel', (event) => event.target === dialog && hold(event));
}
