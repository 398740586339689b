import { button, el, NOTHING, nameText } from './dom.js';
import { stateBadge } from './states.js';
import { Table } from './table.js';
import { ago } from './time.js';

/** The table of sessions; a row opens its session. */
export function createSessionsTable(openSession) {
  return new Table('Sessions', ['Name', 'State', 'Format', 'Phone', 'Tags', 'Last used'], {
    key: (session) => session.id,
    onRow: (session) => openSession(session.id),
    cells: (session) => [
      button(nameText(session.name), () => openSession(session.id), 'link'),
      stateBadge(session),
      session.format,
      phoneText(session.phone_number),
      tagList(session.tags),
      session.last_used_at ? ago(session.last_used_at) : 'never',
    ],
  });
}

/** A phone number with a leading plus. */
export function phoneText(phone) {
  return phone ? `+${phone.replace(/^\+/, '')}` : NOTHING;
}

/** Tags as chips. */
export function tagList(tags) {
  if (tags.length === 0) return NOTHING;
  return el(
    'span',
    { class: 'tags' },
    tags.map((tag) => el('span', { class: 'chip' }, tag)),
  );
}
