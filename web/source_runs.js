import { el, emptyState, fill } from './dom.js';
import { attempt } from './messages.js';
import { Pager } from './pager.js';
import { createRunsTable } from './runs_table.js';

/** The runs of a source, newest first, a page at a time. */
export class SourceRuns {
  #api;
  #path;
  #signal;
  #runs = [];
  #table;
  #list = el('div', { 'aria-live': 'off' });
  #pager = new Pager(() => attempt(() => this.load()));

  /**
   * @param {object} api
   * @param {number} sourceId
   * @param {(run: object) => void} openRun
   * @param {AbortSignal} signal stops it
   */
  constructor(api, sourceId, openRun, signal) {
    this.#api = api;
    this.#path = `/sources/${sourceId}/runs`;
    this.#signal = signal;
    this.#table = createRunsTable(openRun);
    this.elements = [el('h2', {}, 'Runs'), this.#list, this.#pager.element];
  }

  /** @throws as the API does. */
  async load() {
    this.#runs = this.#pager.take(await this.#api.get(this.#path, this.#pager.query, this.#signal));
    this.#table.show(this.#runs);
    const { element } = this.#table;
    if (this.#runs.length === 0) fill(this.#list, noRuns());
    else if (element.parentElement !== this.#list) fill(this.#list, element);
  }

  /** Updates a run; false: it is not among those shown. */
  take(run) {
    const at = this.#runs.findIndex((known) => known.id === run.id);
    if (at < 0) return false;
    this.#runs[at] = run;
    this.#table.show(this.#runs);
    return true;
  }

  /** The full record of a summarised run, if it is shown here. */
  whole(summary) {
    return this.#runs.find((run) => run.id === summary?.id) ?? summary;
  }
}

function noRuns() {
  return emptyState('No runs yet', el('p', {}, 'A source runs on its schedule and on demand.'));
}
