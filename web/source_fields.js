import { applicationInputs } from './application_fields.js';
import { choices } from './choices.js';
import { el } from './dom.js';
import { labelled } from './labelled.js';
import { TARGETS } from './source_texts.js';

const FILES = [
  ['all', 'All'],
  ['none', 'None, messages only'],
  ['these', 'Only these'],
];

/** The name of a source. */
export function nameField({ name }) {
  return labelled({
    name: 'name',
    id: 'source-name',
    label: 'Name',
    required: true,
    maxlength: 200,
    value: name,
    placeholder: 'A name of your choice',
  });
}

/** The target and path. */
export function placeFields({ id, target, target_path: path }) {
  const where = labelled({ name: 'target', id: 'source-target', label: 'Stored in', options: TARGETS });
  where.querySelector('select').value = target;
  const below = labelled({
    name: 'target_path',
    id: 'source-path',
    label: 'Path (optional)',
    class: 'code',
    maxlength: 1024,
    spellcheck: 'false',
    autocapitalize: 'none',
    value: path ?? '',
    placeholder: `source-${id ?? 'ID'}`,
    hint: "Relative to the target's root.",
  });
  return el('div', { class: 'pair' }, where, below);
}

/** The files to download. */
export function fileFields({ file_types: types }) {
  const these = labelled({
    name: 'file_types',
    id: 'source-file-types',
    label: 'File types',
    class: 'code',
    spellcheck: 'false',
    autocapitalize: 'none',
    value: types?.join(', ') ?? '',
    placeholder: 'pdf, zip',
    hint: 'Extensions, separated by commas.',
  });
  const onChoice = (chosen) => {
    these.hidden = chosen !== 'these';
    these.querySelector('input').required = chosen === 'these';
  };
  const value = types === null ? 'all' : types.length === 0 ? 'none' : 'these';
  return [choices({ name: 'files', legend: 'Files', options: FILES, value, onChoice }), these];
}

/** Rarely needed fields. `isNew`: the source does not exist yet. */
export function moreFields({ channel_title: title, api_id: apiId }, isNew) {
  const titled = labelled({
    name: 'channel_title',
    id: 'source-title',
    label: 'Channel title (optional)',
    maxlength: 255,
    value: title ?? '',
  });
  const token = labelled({
    name: 'bot_token',
    id: 'source-bot-token',
    label: 'Bot token (optional)',
    type: 'password',
    maxlength: 200,
    autocomplete: 'new-password',
    placeholder: isNew ? null : 'unchanged',
    hint: 'The bot reads a public channel while no session is free.',
  });
  return el(
    'details',
    { class: 'fold' },
    el('summary', {}, 'More'),
    titled,
    token,
    !isNew && noBotToken(),
    applicationInputs('source', apiId),
  );
}

/** The API does not tell whether there is a token, so this is always offered. */
function noBotToken() {
  return el(
    'label',
    { class: 'choice' },
    el('input', { type: 'checkbox', name: 'no_bot_token' }),
    el('span', {}, 'Remove the bot token'),
  );
}
