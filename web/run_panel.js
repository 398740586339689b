import { createActionButtons } from './action_buttons.js';
import { openDialog } from './dialogs.js';
import { button, el, fill, nameText } from './dom.js';
import { followRuns } from './follow_runs.js';
import { runCounts, runDetails } from './run_details.js';
import { createRunFiles } from './run_files.js';
import { createRunLog } from './run_log.js';
import { isGoingOn, runBadge, stateMeaning } from './run_states.js';
import { cancelRun } from './source_actions.js';
import { tabs } from './tabs.js';
import { atMostEvery } from './throttle.js';

const REFRESH_MS = 2000;

/** The side panel that follows one run: its progress, its log and its files. */
export class RunPanel {
  #context;
  #run;
  #closed = new AbortController();
  #shownState = '';
  #state = el('div', { class: 'state', role: 'status' });
  #counts = el('dl', { class: 'counts' });
  #details = el('dl', { class: 'details' });
  #actions = el('div', { class: 'actions' });
  #drawActions = createActionButtons(this.#actions);
  #log;
  #files;
  #dialog;

  /**
   * @param context `api`, `live`, `role`, and `acted`, called with the run after an action on it
   * @param {{ name: string }} source
   * @param {object} run what is known of it so far
   */
  constructor(context, source, run) {
    this.#context = context;
    this.#run = run;
    const { signal } = this.#closed;
    this.#log = createRunLog(context.api, run.id, signal);
    this.#files = createRunFiles(context.api, () => this.#run, signal);
    const close = button('×', () => this.#dialog.close(), 'quiet close', { 'aria-label': 'Close' });
    const title = el('h2', { id: 'run-title' }, `Run #${run.id} of `, nameText(source.name));
    this.#dialog = el(
      'dialog',
      { class: 'panel run', 'aria-labelledby': 'run-title' },
      el('div', { class: 'head' }, title, close),
      el('div', { class: 'head wrapping' }, this.#state, this.#actions),
      this.#counts,
      this.#details,
      ...tabs('Log and files', [this.#log, this.#files]),
    );
    this.#dialog.addEventListener('click', (event) => event.target === this.#dialog && this.#dialog.close());
    this.#draw();
  }

  /** Shows the run until the panel is closed, and then removes the panel. */
  open() {
    const { live } = this.#context;
    const { signal } = this.#closed;
    const refresh = atMostEvery(REFRESH_MS, () => !signal.aborted && this.#load());
    followRuns(live, { told: (run) => this.#take(run), missed: refresh }, signal);
    // Before a run sends its first event, an event of its session announces changes.
    live.addEventListener('session', () => isGoingOn(this.#run) && refresh(), { signal });
    openDialog(this.#dialog, () => {
      this.#closed.abort();
      this.#dialog.remove();
    });
    void this.#load();
  }

  async #load() {
    const { signal } = this.#closed;
    const run = await this.#context.api.get(`/runs/${this.#run.id}`, {}, signal).catch(() => null);
    if (run) this.#take(run);
  }

  #take(run) {
    if (run.id !== this.#run.id) return;
    this.#run = run;
    this.#draw();
    this.#log.follow();
    this.#files.follow();
  }

  #draw() {
    const run = this.#run;
    const state = `${run.state} ${run.cancel_requested}`;
    // Replacing an unchanged text would make screen readers read it again.
    if (state !== this.#shownState)
      fill(this.#state, runBadge(run), el('span', { class: 'reason' }, stateMeaning(run)));
    this.#shownState = state;
    fill(this.#counts, runCounts(run));
    fill(this.#details, runDetails(run));
    const cancellable = this.#context.role === 'admin' && isGoingOn(run) && !run.cancel_requested;
    this.#drawActions(cancellable ? [this.#cancel] : []);
  }

  #cancel = {
    label: 'Cancel run',
    kind: 'danger',
    progress: 'Cancelling…',
    run: async () => {
      const { api, acted } = this.#context;
      this.#take(await cancelRun(api, this.#run.id));
      await acted(this.#run);
    },
  };
}
