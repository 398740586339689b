import { ask } from './ask.js';
import { nameText } from './dom.js';
import { say } from './messages.js';

/** Asks whether to delete a session and its file; whether that was done. */
export function deleteSession(api, session) {
  const { id, name, session_file: file } = session;
  return ask({
    title: 'Delete this session?',
    text: [
      nameText(name),
      `${file ? `Its file ${file} is deleted` : 'It is deleted'} for good, and its tags with it.`,
      'At Telegram it stays logged in: a copy of the file goes on working. To end it, close it among the devices of the account, in Telegram.',
    ],
    confirm: 'Delete',
    progress: 'Deleting…',
    danger: true,
    async run() {
      await api.send('DELETE', `/sessions/${id}`);
      say(`${name} is deleted`);
    },
  });
}
