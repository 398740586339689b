import { button, el, nameText } from './dom.js';
import { phoneText } from './sessions_table.js';
import { stateBadge } from './states.js';

/**
 * Shows the session that was saved.
 *
 * @param {object} session
 * @param {{ show(): void, again(): void }} next
 */
export function savedSession(session, { show, again }) {
  const facts = [
    ['Name', nameText(session.name)],
    ['Phone', phoneText(session.phone_number)],
    ...(session.session_file ? [['File', el('bdi', {}, session.session_file)]] : []),
    ['State', stateBadge(session)],
  ];
  return el(
    'div',
    { class: 'step', role: 'group', 'aria-label': 'Saved' },
    el('h3', { tabindex: -1 }, 'Saved'),
    el(
      'dl',
      { class: 'details' },
      facts.flatMap(([term, value]) => [el('dt', {}, term), el('dd', {}, value)]),
    ),
    el(
      'div',
      { class: 'actions' },
      button('Add another', again),
      button('Show the session', show, 'primary'),
    ),
  );
}
