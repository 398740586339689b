import { el } from './dom.js';
import { ago } from './time.js';

/** Every state of a run: what it is called here, its colour, and what it means. */
const STATES = {
  queued: ['Queued', 'off', 'Waits for its turn: only a few runs execute at once'],
  running: ['Running', 'busy', 'Reads and stores messages'],
  waiting: ['Waiting', 'warn', 'Waits for a free session'],
  deferred: ['Deferred', 'calm', 'Resumes by itself, after other runs'],
  completed: ['Completed', 'good', 'Everything new is stored'],
  failed: ['Failed', 'bad', 'What it stored is kept, and the next run continues from there'],
  cancelled: ['Cancelled', 'off', 'What it stored is kept, and the next run continues from there'],
};

/** Why runs begin, by the service's names. */
const REASONS = { created: 'first run', schedule: 'scheduled', trigger: 'on demand' };

/** Whether a run has not come to its end. */
export function isGoingOn(run) {
  return run !== null && run.finished_at === null;
}

/** Why a run began. */
export function reasonText({ reason }) {
  return REASONS[reason] ?? reason;
}

/** What a run's state means. */
export function stateMeaning({ state }) {
  return STATES[state]?.[2] ?? state;
}

/** A run's state as a coloured badge. */
export function runBadge(run) {
  const [label, tone, meaning] = STATES[run.state] ?? [run.state, 'off'];
  if (isGoingOn(run) && run.cancel_requested) return el('span', { class: 'badge warn' }, 'Cancelling');
  return el('span', { class: `badge ${tone}`, title: meaning }, label);
}

/** A run's state with what there is to say of it: what it waits for, when it goes on, its error. */
export function runState(run) {
  const { state, error, waiting_since: since, not_before: notBefore } = run;
  const notes = [
    state === 'waiting' && since && ['for a session, since ', ago(since)],
    state === 'deferred' && notBefore && ['resumes ', ago(notBefore)],
    error && el('bdi', {}, error),
  ];
  return el(
    'span',
    { class: 'state' },
    runBadge(run),
    notes.filter(Boolean).map((note) => el('span', { class: 'reason' }, note)),
  );
}
