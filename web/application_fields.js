import { el } from './dom.js';
import { labelled } from './labelled.js';

/**
 * api_id and api_hash, collapsed: usually the service has an application configured.
 *
 * @param {string} of distinguishes them from those of another form on the page
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
 * api_id and api_hash, and where to get them.
 *
 * @param {string} of as with `applicationFields`
 * @param {number | null} [apiId] the current api_id
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

/** The application from a form's values, as the API expects it; empty if none was entered. */
export function applicationOf({ api_id, api_hash }) {
  const [id, hash] = [api_id.trim(), api_hash.trim()];
  return { ...(id && { api_id: id }), ...(hash && { api_hash: hash }) };
}
