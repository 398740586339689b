import { byId } from './dom.js';

const messages = byId('messages');

/** In the order in which they were opened: the last one is on top, wherever it is in the document. */
const opened = new Set();

/**
 * Opens a dialog that keeps the focus until it is closed. Messages move into it: anything outside of a modal dialog is
 * hard to see and not read out.
 *
 * @param {HTMLDialogElement} dialog
 * @param {() => void} onClosed
 */
export function openDialog(dialog, onClosed) {
  if (!dialog.isConnected) document.body.append(dialog);
  dialog.addEventListener(
    'close',
    () => {
      opened.delete(dialog);
      placeMessages();
      onClosed();
    },
    { once: true },
  );
  dialog.showModal();
  opened.add(dialog);
  placeMessages();
}

function placeMessages() {
  ([...opened].at(-1) ?? document.body).append(messages);
}
