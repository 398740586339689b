import { nextDue } from './cron.js';
import { button, el, fill, nameText } from './dom.js';
import { prefectLink } from './prefect_link.js';
import { activeBadge, channelText, fileTypesText, placeText, scheduleText } from './source_texts.js';
import { ago, localMoment, number } from './time.js';

/**
 * The details of a source, as list items.
 *
 * @param {object} source
 * @param {HTMLElement | null} session a link to the session that reads it
 */
export function sourceDetails(source, session) {
  const next = nextRun(source);
  const facts = [
    ['State', activeBadge(source)],
    ['Channel', channelText(source)],
    ['Session', session ?? 'any free session'],
    ['Stored in', placeText(source)],
    ['Files', fileTypesText(source)],
    ['Schedule', scheduleText(source)],
    ['Next run', next && [localMoment(next), ', ', ago(next.toISOString())]],
    [
      'Total',
      `${number(source.total_messages_scraped)} messages, ${number(source.total_files_downloaded)} files`,
    ],
    ['Last completed', source.last_scraped_at ? ago(source.last_scraped_at) : 'never'],
    ['Prefect', source.deployment && deploymentText(source.deployment)],
    ['API ID', source.api_id],
    ['Created', ago(source.created_at)],
    ['Updated', ago(source.updated_at)],
  ];
  return facts
    .filter(([, value]) => value !== null)
    .map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, value)));
}

/** Where a source's deployment is, and what Prefect does not have of it yet. */
function deploymentText({ url, synchronised, error }) {
  const due = synchronised ? [] : ['not yet synchronised', ...(error ? [': ', el('bdi', {}, error)] : [])];
  if (url === null) return due;
  return [prefectLink(url), ...(due.length > 0 ? [', ', ...due] : [])];
}

/** The next run by the schedule; null: none, or not known to this console. */
function nextRun({ schedule, is_active: active }) {
  return schedule !== null && active === 'active' ? nextDue(schedule, new Date()) : null;
}

/**
 * Links to sessions, labelled by name once it is loaded: a source only has the session's id.
 *
 * @returns {(id: number | null) => HTMLElement | null} the same link for the same session
 */
export function createSessionLink(api, openSession) {
  let made = { id: null, link: null };
  return (id) => {
    if (id !== made.id) made = { id, link: id && linkTo(api, id, openSession) };
    return made.link;
  };
}

function linkTo(api, id, openSession) {
  const link = button(`#${id}`, () => openSession(id), 'link');
  api.get(`/sessions/${id}`).then(
    ({ name }) => fill(link, nameText(name)),
    () => undefined,
  );
  return link;
}
