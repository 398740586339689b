import { openDialog } from './dialogs.js';
import { button, el, fill, nameText, whileBusy } from './dom.js';
import { attempt, complain } from './messages.js';
import { detailsOf, historyList } from './session_details.js';
import { actionsFor } from './session_panel_actions.js';
import { stateBadge } from './states.js';
import { atMostEvery } from './throttle.js';

const REFRESH_MS = 1000;
const HISTORY = 50;

/** The side panel that shows one session, its history and its actions. */
export class SessionPanel {
  #context;
  #id = null;
  #session = null;
  #shownActions = '';
  #title = el('h2', { id: 'panel-title' });
  #state = el('div');
  #actions = el('div', { class: 'panel-actions' });
  /** The result of an action. */
  #outcome = el('div', { class: 'outcome', role: 'status' });
  #details = el('dl', { class: 'details' });
  #history = el('ol', { class: 'history' });
  #more = button('Older', () => attempt(() => this.#loadHistory(this.#history.childElementCount)), '', {
    hidden: true,
  });
  #dialog;

  /** @param context `api`, `live`, `role`, and `changed`, called after an action on the session */
  constructor(context) {
    this.#context = context;
    const close = button('×', () => this.#dialog.close(), 'quiet close', { 'aria-label': 'Close' });
    this.#dialog = el(
      'dialog',
      { class: 'panel', 'aria-labelledby': 'panel-title' },
      el('div', { class: 'head' }, this.#title, close),
      this.#state,
      this.#actions,
      this.#outcome,
      this.#details,
      el('h3', {}, 'History'),
      this.#history,
      this.#more,
    );
    this.#dialog.addEventListener('click', (event) => event.target === this.#dialog && this.#dialog.close());
    document.body.append(this.#dialog);
    const refresh = atMostEvery(REFRESH_MS, () => this.#id !== null && this.#load().catch(() => undefined));
    context.live.addEventListener('session', ({ detail }) => detail.session_id === this.#id && refresh());
  }

  /** Opens the session with this id. */
  async open(id) {
    this.#id = id;
    this.#shownActions = '';
    fill(this.#outcome);
    try {
      await this.#load();
      if (!this.#dialog.open) openDialog(this.#dialog, () => this.#forget());
      this.#dialog.scrollTop = 0;
    } catch (error) {
      this.#id = null;
      complain(error);
    }
  }

  #forget() {
    this.#id = null;
  }

  /** Closes and removes the panel. */
  remove() {
    this.#dialog.remove();
  }

  async #load() {
    const id = this.#id;
    if (id === null) return;
    const session = await this.#context.api.get(`/sessions/${id}`);
    if (id !== this.#id) return;
    this.#session = session;
    fill(this.#title, nameText(session.name));
    fill(this.#state, stateBadge(session));
    this.#drawActions(session);
    fill(this.#details, detailsOf(session));
    await this.#loadHistory(0);
  }

  async #loadHistory(skip) {
    const id = this.#id;
    const rows = await this.#context.api.get(`/sessions/${id}/history`, { skip, limit: HISTORY + 1 });
    if (id !== this.#id) return;
    const shown = historyList(rows.slice(0, HISTORY));
    if (skip === 0) fill(this.#history, shown);
    else this.#history.append(...shown);
    this.#more.hidden = rows.length <= HISTORY;
  }

  /** Buttons are replaced only if the actions change, so that a refresh does not move the focus. */
  #drawActions(session) {
    const wanted = this.#context.role === 'admin' ? actionsFor(session) : [];
    const labels = wanted.flatMap(({ actions }) => actions.map(({ label }) => label)).join();
    if (labels === this.#shownActions) return;
    this.#shownActions = labels;
    const focused = this.#actions.contains(document.activeElement);
    fill(
      this.#actions,
      wanted.map(({ title, actions }) =>
        el(
          'div',
          { role: 'group', 'aria-label': title },
          el('span', { class: 'muted', 'aria-hidden': 'true' }, title),
          el(
            'span',
            { class: 'actions' },
            actions.map((action) => this.#button(action)),
          ),
        ),
      ),
    );
    if (focused) this.#actions.querySelector('button')?.focus();
  }

  #button({ label, kind, progress, run }) {
    const made = button(label, () => attempt(() => whileBusy(made, () => this.#do(run), progress)), kind);
    return made;
  }

  async #do(run) {
    const id = this.#id;
    const done = await run(this.#context.api, this.#session, {
      show: (...parts) => id === this.#id && fill(this.#outcome, ...parts),
      again: () => attempt(() => this.#do(run)),
      close: () => this.#dialog.close(),
    });
    if (done === false) return;
    if (this.#dialog.open) await this.#load();
    this.#context.changed();
  }
}
