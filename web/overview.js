import { el, emptyState, fill, NOTHING } from './dom.js';
import { Feed } from './feed.js';
import { firstLease } from './hints.js';
import { stateLabel } from './states.js';
import { ago, duration, localMoment, number, parseUtc } from './time.js';

/** The segments of the bar, in order. */
const PARTS = [
  ['free', 'Free', 'good'],
  ['in_use', 'In use', 'busy'],
  ['in_floodwait', 'Flood wait', 'warn'],
  ['unavailable', 'Unavailable', 'off'],
];

/** The live overview of the pool. */
export function createOverview({ live, role, openSession }) {
  const tiles = el('div', { class: 'tiles' });
  const bar = el('div', { class: 'bar', role: 'img' });
  const hint = el('div');
  const feed = role === 'worker' ? null : new Feed(live, openSession);
  const draw = () => {
    const { status } = live;
    if (!status) return fill(tiles, el('p', { class: 'muted' }, 'Loading…'));
    drawTiles(tiles, status);
    drawBar(bar, status);
    fill(hint, hintFor(status, role));
  };
  live.addEventListener('status', draw);
  draw();
  return {
    element: el('section', {}, el('h1', { tabindex: -1 }, 'Overview'), tiles, bar, hint, feed?.element),
  };
}

function drawTiles(place, status) {
  const { next_available, oldest_lease_seconds } = status;
  const reasons = Object.entries(status.unavailable_reasons);
  const next = next_available && parseUtc(next_available);
  fill(
    place,
    tile('Total', number(status.total)),
    tile('Free', number(status.free), 'good', [
      status.flooded_for_methods > 0 && `${number(status.flooded_for_methods)} with a method flood`,
    ]),
    tile('In use', number(status.in_use), 'busy', [
      oldest_lease_seconds !== null && `oldest lease: ${duration(oldest_lease_seconds)}`,
    ]),
    tile('Flood wait', number(status.in_floodwait), 'warn', [
      status.invalidated > 0 && `${number(status.invalidated)} invalidated`,
    ]),
    tile(
      'Unavailable',
      number(status.unavailable),
      'off',
      reasons.map(([state, count]) => `${number(count)} ${stateLabel(state).toLowerCase()}`),
    ),
    tile('Waiting', number(status.waiting), 'calm', ['requests waiting for a session']),
    tile('Next available', next ? ago(next.toISOString()) : NOTHING, 'calm wide', [
      next ? localMoment(next) : 'no flood wait has a known end',
    ]),
  );
}

function tile(label, value, tone = '', notes = []) {
  const said = notes.filter(Boolean);
  return el(
    'div',
    { class: `tile card ${tone}`, role: 'group', 'aria-label': label },
    el('div', { class: 'tile-label' }, label),
    el('div', { class: 'tile-value' }, value),
    said.map((note) => el('div', { class: 'tile-note' }, note)),
  );
}

function drawBar(place, status) {
  const parts = PARTS.filter(([field]) => status[field] > 0);
  const text = parts.map(([field, label]) => `${label}: ${status[field]}`).join(', ');
  place.setAttribute('aria-label', `Pool: ${text || 'empty'}`);
  fill(
    place,
    parts.map(([field, label, tone]) =>
      el('span', { class: tone, style: `flex-grow: ${status[field]}`, title: `${label}: ${status[field]}` }),
    ),
  );
}

function hintFor(status, role) {
  if (status.total > 0) return null;
  return emptyState(
    'No sessions yet',
    el(
      'p',
      {},
      'Drop .session files into ',
      el('code', {}, 'SESSIONS_DIR'),
      ' (by default ',
      el('code', {}, './sessions'),
      '). The service finds them within seconds.',
    ),
    role === 'admin' &&
      el(
        'p',
        {},
        'Or ',
        el('a', { href: '#/sessions' }, 'add a session'),
        ' here: sign in with a login code, upload a session file, or paste a session string.',
      ),
    role === 'admin' &&
      el(
        'p',
        {},
        'Nothing appears? ',
        el('a', { href: '#/files' }, 'Files'),
        ' shows what was refused, and why.',
      ),
    el('p', {}, 'A worker then leases one like this:'),
    firstLease(),
  );
}
