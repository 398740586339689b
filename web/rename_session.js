import { ask } from './ask.js';
import { el } from './dom.js';
import { say } from './messages.js';

/** Asks for a new name, and renames the session and its file. */
export function renameSession(api, session) {
  const file = el('bdi', { class: 'code' }, session.session_file);
  return ask({
    title: `Rename ${session.name}`,
    text: [
      session.session_file &&
        el(
          'p',
          {},
          'Its file is renamed as well: ',
          file,
          '. Workers that request the session by name must use the new name.',
        ),
    ].filter(Boolean),
    fields: [
      {
        name: 'name',
        label: 'New name',
        value: session.name,
        required: true,
        maxlength: 200,
        spellcheck: 'false',
      },
    ],
    confirm: 'Rename',
    progress: 'Renaming…',
    async run({ name }) {
      await api.send('PUT', `/sessions/${session.id}`, { name: name.trim() });
      say(`Renamed to ${name.trim()}`);
    },
  });
}
