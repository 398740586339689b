import { el } from './dom.js';
import { prefectLink } from './prefect_link.js';
import { isGoingOn, reasonText } from './run_states.js';
import { size } from './size.js';
import { ago, duration, localMoment, number } from './time.js';

/** The progress and rate of a run, as list items. */
export function runCounts(run) {
  const counts = [
    ['Messages', number(run.messages_stored)],
    ['Messages/s', number(run.messages_per_second)],
    ['Files', number(run.files_done)],
    ['Skipped', number(run.files_skipped)],
    ['Stored', size(run.bytes_done)],
    ['Stored/s', size(run.bytes_per_second)],
  ];
  return counts.map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, value)));
}

/** The details of a run, as list items. */
export function runDetails(run) {
  const { state, started_at: started, finished_at: finished, not_before: notBefore } = run;
  const facts = [
    ['Error', run.error && el('bdi', { class: isGoingOn(run) ? null : 'error' }, run.error)],
    ['Waiting', run.waiting_since && ['for a session, since ', ago(run.waiting_since)]],
    ['Resumes', state === 'deferred' && notBefore && ago(notBefore)],
    ['Session', run.session_name && el('bdi', {}, run.session_name)],
    ['Queued', [reasonText(run), ', ', ago(run.created_at)]],
    ['Started', started && localMoment(new Date(started))],
    ['Ended', finished && localMoment(new Date(finished))],
    ['Prefect', run.flow_run_url && prefectLink(run.flow_run_url)],
    [isGoingOn(run) ? 'Running for' : 'Duration', started && duration(run.seconds)],
  ];
  return facts
    .filter(([, value]) => value)
    .flatMap(([term, value]) => [el('dt', {}, term), el('dd', {}, value)]);
}
