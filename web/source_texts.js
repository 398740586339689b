import { cronWords } from './cron.js';
import { el, nameText } from './dom.js';

/** The targets and their labels. */
export const TARGETS = [
  ['LOCAL', 'Local disk (LOCAL)'],
  ['NAS', 'Network storage (NAS)'],
  ['S3', 'Object storage (S3)'],
];

/** A source's channel, with its title and access level. */
export function channelText({ identifier, channel_title: title, access_level: access }) {
  return el(
    'span',
    { class: 'channel' },
    nameText(identifier),
    ' ',
    el('span', { class: 'chip' }, access),
    title && [' ', el('span', { class: 'description muted small' }, el('bdi', {}, title))],
  );
}

/** Where a source stores: the target, and the path relative to its root. */
export function placeText(source) {
  return el(
    'span',
    {},
    el('span', { class: 'chip' }, source.target),
    ' ',
    el('bdi', { class: 'code name' }, pathOf(source)),
  );
}

/** The directory of a source; the default contains its id. */
export function pathOf({ id, target_path: path }) {
  return path ?? `source-${id}`;
}

/** The schedule of a source in words, with its cron expression. */
export function scheduleText({ schedule }) {
  if (schedule === null) return 'On demand';
  const words = cronWords(schedule);
  const expression = el('span', { class: 'muted small code' }, schedule);
  return words ? el('span', {}, words, el('br'), expression) : expression;
}

/** Whether a source runs on its schedule. */
export function activeBadge({ is_active: active }) {
  return active === 'active'
    ? el('span', { class: 'badge good' }, 'Active')
    : el('span', { class: 'badge off', title: 'Runs on demand only' }, 'Paused');
}

/** The files that a source downloads. */
export function fileTypesText({ file_types: types }) {
  if (types === null) return 'all';
  return types.length === 0 ? 'none, messages only' : types.join(', ');
}
