import { el } from './dom.js';
import { labelled } from './labelled.js';

/**
 * api_id and api_hash, folded away: mostly the service has its own.
 *
 * @param {string} of tells them from those of another form on the page
 */
export function applicationFields(of) {
  return el(
    'details',
    { class: 'fold' },
    el('summary', {}, 'Use another application'),
    applicationInputs(of),
  );
}

/**
 * api_id and api_hash, and where they are to be had.
 *
 * @param {string} of as with `applicationFields`
 * @param {number | null} [apiId] what is there already
 */
export function applicationInputs(of, apiId = null) {
  const site = el(
    'a',
    { href: 'https://my.telegram.org', target: '_blank', rel: 'noreferrer' },
    'my.telegram.org',
  );
  const id = labelled({
    name: 'api_id',
    id: `${of}-api-id`,
    label: 'api_id',
    inputmode: 'numeric',
    placeholder: '12345',
    value: apiId,
  });
  const hash = labelled({
    name: 'api_hash',
    id: `${of}-api-hash`,
    label: 'api_hash',
    class: 'code',
    spellcheck: 'false',
    placeholder: apiId === null ? null : 'unchanged',
  });
  return [
    el(
      'p',
      { class: 'muted small' },
      'Your own application, from ',
      site,
      '. Leave empty to use the application of the service.',
    ),
    el('div', { class: 'pair' }, id, hash),
  ];
}

/** The application among a form's values, as the service takes it; nothing where none was typed. */
export function applicationOf({ api_id, api_hash }) {
  const [id, hash] = [api_id.trim(), api_hash.trim()];
  return { ...(id && { api_id: id }), ...(hash && { api_hash: hash }) };
}
