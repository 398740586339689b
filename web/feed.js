import { button, el, fill } from './dom.js';
import { eventBadge } from './session_events.js';
import { atMostEvery } from './throttle.js';
import { localClock } from './time.js';

const MOST = 100;
const DRAW_EVERY_MS = 250;

/** The last hundred events of sessions, newest first. */
export class Feed {
  #items = [];
  #openSession;
  #list = el('ol', {
    class: 'feed',
    role: 'log',
    'aria-live': 'off',
    'aria-label': 'Session activity',
  });
  #paused = false;
  #drawSoon = atMostEvery(DRAW_EVERY_MS, () => this.#draw());

  constructor(live, openSession) {
    this.#openSession = openSession;
    live.addEventListener('session', ({ detail }) => this.#add({ ...detail, row: null }));
    live.addEventListener('sync', ({ detail }) => {
      if (changes(detail))
        this.#add({ event: 'sync', at: new Date().toISOString(), detail: changes(detail), row: null });
    });
    const pause = button('Pause', () => this.#pause(pause), 'quiet', { 'aria-pressed': 'false' });
    this.element = el(
      'section',
      { class: 'card' },
      el('div', { class: 'head' }, el('h2', {}, 'Activity'), pause),
      this.#list,
    );
    this.#draw();
  }

  #add(item) {
    this.#items.unshift(item);
    this.#items.length = Math.min(this.#items.length, MOST);
    this.#drawSoon();
  }

  #pause(toggle) {
    this.#paused = !this.#paused;
    toggle.setAttribute('aria-pressed', String(this.#paused));
    toggle.textContent = this.#paused ? 'Resume' : 'Pause';
    this.#draw();
  }

  #draw() {
    if (this.#paused) return;
    if (this.#items.length === 0) {
      return fill(
        this.#list,
        el(
          'li',
          { class: 'muted' },
          'Nothing yet. Leases, flood waits and new files appear here as they happen.',
        ),
      );
    }
    // Existing rows stay in place, so that the focus does too.
    for (const item of this.#items) item.row ??= this.#row(item);
    const rows = this.#items.map(({ row }) => row);
    for (const child of [...this.#list.children]) if (!rows.includes(child)) child.remove();
    rows.toReversed().forEach((row) => {
      if (!row.isConnected) this.#list.prepend(row);
    });
  }

  #row({ event, at, detail, session_id: id, session_name: called }) {
    const name =
      id && button(called, () => this.#openSession(id), 'link', { 'aria-label': `Session ${called}` });
    return el(
      'li',
      {},
      localClock(at),
      eventBadge(event),
      name,
      detail && el('span', { class: 'reason' }, detail),
    );
  }
}

function changes({ new_sessions, updated_sessions, removed_sessions, missing_sessions }) {
  const said = [
    [new_sessions, 'new'],
    [updated_sessions, 'changed'],
    [removed_sessions, 'removed'],
    [missing_sessions, 'missing'],
  ];
  return said
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}
