import { el } from './dom.js';
import { eventBadge } from './session_events.js';
import { proxyUrl } from './session_proxy.js';
import { phoneText, tagList } from './sessions_table.js';
import { STATES } from './states.js';
import { ago, isForever, localMoment } from './time.js';

/** The details of a session, as list items. */
export function detailsOf(session) {
  const facts = [
    ['State', STATES[session.status]?.meaning ?? session.status],
    ['Until', session.status_until && untilText(session.status_until)],
    ['ID', session.id],
    ['File', session.session_file],
    ['Format', session.format],
    ['Phone', session.phone_number && phoneText(session.phone_number)],
    ['API ID', session.api_id],
    ['Tags', session.tags.length > 0 && tagList(session.tags)],
    ['Proxy', proxyUrl(session.proxy)],
    ['Last checked', session.last_checked_at ? ago(session.last_checked_at) : 'never'],
    ['Last used', session.last_used_at ? ago(session.last_used_at) : 'never'],
    ['Added', ago(session.created_at)],
    ['Updated', ago(session.updated_at)],
  ];
  return facts
    .filter(([, value]) => value)
    .flatMap(([term, value]) => [el('dt', {}, term), el('dd', {}, value)]);
}

function untilText(iso) {
  return isForever(iso) ? 'an admin restores it' : [localMoment(new Date(iso)), ', ', ago(iso)];
}

/** The history of a session, newest event first. */
export function historyList(rows) {
  return rows.map(({ at, event, detail, holder }) =>
    el(
      'li',
      {},
      eventBadge(event),
      detail && el('span', { class: 'reason' }, detail),
      el('span', { class: 'muted small' }, holder ? `by ${holder}, ` : '', ago(at)),
    ),
  );
}
