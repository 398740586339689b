import { el } from './dom.js';
import { ago } from './time.js';

/** Every state of a run: its label, colour and meaning. */
const STATES = {
  queued: ['Queued', 'off', 'Waits for its turn: only a few runs execute at once'],
  running: ['Running', 'busy', 'Reads and stores messages'],
  waiting: ['Waiting', 'warn', 'Waits for a free session'],
  deferred: ['Deferred', 'calm', 'Resumes by itself, after other runs'],
  completed: ['Completed', 'good', 'Everything new is stored'],
  failed: ['Failed', 'bad', 'What it stored is kept, and the next run continues from there'],
  cancelled: ['Cancelled', 'off', 'What it stored is kept, and the next run continues from there'],
};

/** The reasons for which runs start, by their API names. */
const REASONS = { created: 'first run', schedule: 'scheduled', trigger: 'on demand' };

/** Whether a run has not ended. */
export function isGoingOn(run) {
  return run !== null && run.finished_at === null;
}

/** Why a run was started. */
export function reasonText({ reason }) {
  return REASONS[reason] ?? reason;
}

/** The meaning of a run's state. */
export function stateMeaning({ state }) {
  return STATES[state]?.[2] ?? state;
}

/** A run's state as a coloured badge. */
export function runBadge(run) {
  const [label, tone, meaning] = STATES[run.state] ?? [run.state, 'off'];
  if (isGoingOn(run) && run.cancel_requested) return el('span', { class: 'badge warn' }, 'Cancelling');
  return el('span', { class: `badge ${tone}`, title: meaning }, label);
}

/** A run's state with its notes: what it waits for, when it resumes, its error. */
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
