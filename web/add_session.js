import { openDialog } from './dialogs.js';
import { button, el } from './dom.js';
import { holdOnEscape, leaveAsking } from './leaving.js';
import { createLoginByCode } from './login_by_code.js';
import { createPasteString } from './paste_string.js';
import { tabs } from './tabs.js';
import { createUploadFiles } from './upload_files.js';

/**
 * Opens the dialog that adds accounts to the pool. It asks before it discards anything pending.
 *
 * @param {{ api: object, openSession(id: number): void, saved(): void }} context `saved`: called for each saved session
 */
export function addSession({ api, openSession, saved }) {
  const title = el('h2', { id: 'add-title' }, 'Add a session');
  const dialog = el('dialog', { class: 'form', 'aria-labelledby': 'add-title' });
  const close = () => dialog.close();
  const lost = () => parts.map((part) => part.lost());
  const leave = () => leaveAsking(lost(), close);
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
    ...tabs('How to add a session', parts),
  );
  holdOnEscape(dialog, leave);
  // The browser would replace this page with a file that is dropped next to the drop zone.
  for (const event of ['dragover', 'drop'])
    dialog.addEventListener(event, (dropped) => dropped.preventDefault());
  openDialog(dialog, () => {
    for (const part of parts) part.leave();
    dialog.remove();
  });
  code.focus();
}
