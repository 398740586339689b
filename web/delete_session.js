import { ask } from './ask.js';
import { nameText } from './dom.js';
import { say } from './messages.js';

/** Deletes a session and its file after a confirmation; resolves to whether it was deleted. */
export function deleteSession(api, session) {
  const { id, name, session_file: file } = session;
  return ask({
    title: 'Delete this session?',
    text: [
      nameText(name),
      `This permanently deletes ${file ? `its file ${file}` : 'it'} and its tags.`,
      'It stays signed in at Telegram: copies of the file keep working. To sign it out, end it under Devices in a Telegram app.',
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
