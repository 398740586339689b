import { byId } from './dom.js';

const messages = byId('messages');

/**
 * Opens a dialog that keeps the focus until it is closed. Messages move into it: what lies outside of a modal
 * dialog is neither seen well nor read out.
 *
 * @param {HTMLDialogElement} dialog
 * @param {() => void} onClosed
 */
export function openDialog(dialog, onClosed) {
  if (!dialog.isConnected) document.body.append(dialog);
  dialog.addEventListener(
    'close',
    () => {
      placeMessages();
      onClosed();
    },
    { once: true },
  );
  dialog.showModal();
  placeMessages();
}

function placeMessages() {
  const open = [...document.querySelectorAll('dialog[open]')];
  (open.at(-1) ?? document.body).append(messages);
}
