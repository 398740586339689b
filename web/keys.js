import { ask } from './ask.js';
import { button, el, emptyState, fill, nameText, whileBusy } from './dom.js';
import { labelled } from './labelled.js';
import { attempt, say } from './messages.js';
import { showNewKey } from './new_key.js';
import { ROLES } from './roles.js';
import { Table } from './table.js';
import { ago, number } from './time.js';

const FIELDS = [
  { name: 'name', label: 'Name', required: true, maxlength: 100, placeholder: 'scrapers, berlin' },
  { name: 'role', label: 'Role', options: ROLES },
  {
    name: 'max_leases',
    label: 'Maximum concurrent leases',
    type: 'number',
    min: 1,
    max: 1_000_000,
    placeholder: 'unlimited',
  },
  {
    name: 'tags',
    label: 'Limit to tags',
    placeholder: 'all sessions, or tags separated by commas',
  },
  { name: 'expires_at', label: 'Valid until (optional)', type: 'datetime-local' },
];

/** The API keys of the service. */
export function createKeys({ api }) {
  const list = el('div');
  const table = new Table(
    'API keys',
    ['Name', 'Role', 'Max. leases', 'Tags', 'Expires', 'Created', 'Actions'],
    {
      key: (key) => key.id,
      cells: (key) => [
        el('span', {}, nameText(key.name), ' ', el('span', { class: 'muted' }, `key:${key.id}`)),
        el('span', { class: 'chip' }, key.role),
        key.max_leases === null ? 'unlimited' : number(key.max_leases),
        key.tags.length === 0 ? 'all sessions' : key.tags.join(', '),
        key.expires_at === null ? 'never' : ago(key.expires_at),
        ago(key.created_at),
        button('Revoke', async () => (await revoke(key)) && attempt(load), 'danger', {
          'aria-label': `Revoke ${key.name}`,
        }),
      ],
    },
  );

  async function load() {
    const keys = await api.get('/keys');
    table.show(keys);
    if (keys.length === 0) fill(list, noKeys());
    else if (table.element.parentElement !== list) fill(list, table.element);
  }

  const revoke = (key) =>
    ask({
      title: 'Revoke this key?',
      text: [nameText(key.name), 'Requests with this key are refused from now on.'],
      fields: [
        {
          name: 'end_leases',
          label: 'Its current leases',
          options: [
            ['false', 'stay valid until they expire'],
            ['true', 'end now, and their sessions cool down'],
          ],
        },
      ],
      confirm: 'Revoke',
      danger: true,
      async run({ end_leases }) {
        await api.send('DELETE', `/keys/${key.id}?end_leases=${end_leases}`);
        say(`${key.name} is revoked`);
      },
    });

  const form = createForm(async (values) => {
    const made = await api.send('POST', '/keys', wanted(values));
    form.reset();
    await showNewKey(made);
    await load();
  });

  return {
    element: el('section', {}, el('h1', { tabindex: -1 }, 'Keys'), form, list),
    show: () => attempt(load),
  };
}

/** The form's values as the API expects them. */
function wanted({ name, role, max_leases, tags, expires_at }) {
  return {
    name: name.trim(),
    role,
    max_leases: max_leases === '' ? null : Number(max_leases),
    tags: tags
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
    expires_at: expires_at === '' ? null : new Date(expires_at).toISOString(),
  };
}

function createForm(create) {
  const submit = el('button', { type: 'submit', class: 'primary' }, 'Create key');
  const form = el('form', { class: 'card new-key', 'aria-label': 'New key' }, FIELDS.map(labelled), submit);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    void attempt(() => whileBusy(submit, () => create(values)));
  });
  return form;
}

function noKeys() {
  return emptyState(
    'No keys in the database',
    el(
      'p',
      {},
      'Only the keys in ',
      el('code', {}, 'API_KEYS'),
      ' are in use. Create one for each group of workers, so that each can be limited and revoked separately.',
    ),
  );
}
