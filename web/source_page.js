import { createActionButtons } from './action_buttons.js';
import { ApiError } from './api.js';
import { el, emptyState, fill, nameText, refill } from './dom.js';
import { followRuns } from './follow_runs.js';
import { attempt } from './messages.js';
import { RunPanel } from './run_panel.js';
import { isGoingOn } from './run_states.js';
import { createSessionLink, sourceDetails } from './source_details.js';
import { sourceActions } from './source_page_actions.js';
import { SourceRuns } from './source_runs.js';
import { atMostEvery } from './throttle.js';

const REFRESH_MS = 2000;

/** The page of a source: its details, actions and live runs. */
export class SourcePage {
  #context;
  #ending = new AbortController();
  #source = null;
  #shownDetails = '';
  #title = el('h1', { tabindex: -1, class: 'name' });
  #actions = el('div', { class: 'actions', role: 'group', 'aria-label': 'Actions' });
  #drawActions = createActionButtons(this.#actions);
  #details = el('dl', { class: 'facts' });
  #body = el('div', { class: 'source', hidden: true });
  #runs;
  #sessionLink;
  #refresh = atMostEvery(REFRESH_MS, () => this.#quietly(() => this.#load()));
  #refreshSource = atMostEvery(REFRESH_MS, () => this.#quietly(() => this.#loadSource()));

  /** @param context `api`, `live`, `role`, `openSession`, the `id` of the source, and `isShown` */
  constructor(context) {
    const { api, live, openSession, id } = context;
    const { signal } = this.#ending;
    this.#context = context;
    this.id = id;
    this.#runs = new SourceRuns(api, id, (run) => this.#openRun(run), signal);
    this.#sessionLink = createSessionLink(api, openSession);
    fill(this.#title, `Source ${id}`);
    fill(this.#body, el('div', { class: 'card' }, this.#details), this.#runs.elements);
    const back = el('a', { href: '#/sources', class: 'back' }, 'All sources');
    this.element = el(
      'section',
      {},
      el('nav', { 'aria-label': 'Back' }, back),
      el('div', { class: 'head wrapping' }, this.#title, this.#actions),
      this.#body,
    );
    followRuns(live, { told: (run) => this.#told(run), missed: this.#refresh }, signal);
    // Before a run sends its first event, the event of the session that it leases announces it.
    const onSession = () => isGoingOn(this.#source?.last_run ?? null) && this.#refresh();
    live.addEventListener('session', onSession, { signal });
  }

  /** Loads and shows the source. */
  open() {
    return attempt(() => this.#load());
  }

  /** Stops following it. */
  close() {
    this.#ending.abort();
  }

  async #load() {
    try {
      await Promise.all([this.#loadSource(), this.#loadRuns()]);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.#showGone();
    }
  }

  async #loadSource() {
    this.#source = await this.#context.api.get(`/sources/${this.id}`, {}, this.#ending.signal);
    this.#draw();
  }

  async #loadRuns() {
    await this.#runs.load();
    this.#draw();
  }

  #draw() {
    const source = this.#source;
    if (!source) return;
    const { api, role, isShown } = this.#context;
    this.#body.hidden = false;
    if (isShown()) document.title = `${source.name} · TeleGate`;
    const newest = this.#runs.whole(source.last_run);
    const acted = (run) => this.#acted(run);
    const changed = (now) => this.#changed(now);
    if (role === 'admin') this.#drawActions(sourceActions({ api, source, newest, acted, changed }));
    const said = JSON.stringify({ ...source, last_run: null });
    if (said === this.#shownDetails) return;
    this.#shownDetails = said;
    refill(this.#title, nameText(source.name));
    refill(this.#details, sourceDetails(source, this.#sessionLink(source.session_id)));
  }

  /** Updates a run. */
  #told(run) {
    const source = this.#source;
    if (run.source_id !== this.id || !source) return;
    if (run.id >= (source.last_run?.id ?? 0)) source.last_run = run;
    if (!this.#runs.take(run)) return this.#refresh();
    this.#draw();
    this.#refreshSource();
  }

  /** Updates a run after an action of this console. */
  #acted(run) {
    this.#told(run);
    return this.#load();
  }

  #changed(source) {
    this.#source = source;
    this.#draw();
  }

  #openRun(run) {
    const panel = new RunPanel({ ...this.#context, acted: (now) => this.#acted(now) }, this.#source, run);
    panel.open();
  }

  #quietly(work) {
    if (this.#context.isShown()) work().catch(() => undefined);
  }

  #showGone() {
    this.#source = null;
    fill(this.#title, 'No such source');
    fill(this.#actions);
    fill(
      this.#body,
      emptyState('This source does not exist', el('p', {}, 'It was deleted. What it stored is kept.')),
    );
    this.#body.hidden = false;
  }
}
