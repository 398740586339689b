import { channelFields } from './channel_fields.js';
import { openDialog } from './dialogs.js';
import { button, el } from './dom.js';
import { holdOnEscape, leaveAsking } from './leaving.js';
import { say } from './messages.js';
import { scheduleField } from './schedule_field.js';
import { bodyOf, changesTo } from './source_body.js';
import { fileFields, moreFields, nameField, placeFields } from './source_fields.js';
import { stepForm } from './step_form.js';

const NEW = {
  ...{ name: '', identifier: '', access_level: 'public', channel_title: null, session_id: null },
  ...{ target: 'LOCAL', target_path: null, file_types: null, schedule: null, api_id: null },
};

const UNSAVED = {
  title: 'Discard your changes?',
  text: 'What you entered will be lost.',
  confirm: 'Discard',
};

/** Shows the form for a new source and creates it; calls `made` with it. */
export function addSource(api, made) {
  openForm({
    ...{ api, source: NEW, isNew: true, sessionName: '' },
    title: 'Add a source',
    confirm: 'Add source',
    progress: 'Adding…',
    async save(body, { at_once: atOnce }) {
      const source = await api.send('POST', '/sources', { ...body, is_active: atOnce === 'on' });
      say(
        atOnce ? `${source.name} is added, and its first run is queued` : `${source.name} is added, paused`,
      );
      made(source);
    },
  });
}

/** Shows the form for an existing source and saves the changes; calls `changed` with the updated source. */
export async function editSource(api, source, changed) {
  const session = source.session_id === null ? null : await api.get(`/sessions/${source.session_id}`);
  openForm({
    ...{ api, source, isNew: false, sessionName: session?.name ?? '' },
    title: `Edit ${source.name}`,
    confirm: 'Save',
    progress: 'Saving…',
    async save(body) {
      const change = changesTo(source, body);
      if (Object.keys(change).length === 0) return;
      changed(await api.send('PUT', `/sources/${source.id}`, change));
      say('Saved; the changes apply from the next run');
    },
  });
}

function openForm({ api, source, isNew, sessionName, title, confirm, progress, save }) {
  const channel = channelFields(api, source, sessionName);
  const dialog = el('dialog', { class: 'form long', 'aria-labelledby': 'source-form-title' });
  const leave = () => leaveAsking([touched && UNSAVED], () => dialog.close());
  let touched = false;
  const form = stepForm({
    content: [
      channel.elements,
      nameField(source),
      placeFields(source),
      fileFields(source),
      scheduleField(source.schedule),
      isNew && atOnceField(),
      moreFields(source, isNew),
    ].filter(Boolean),
    confirm,
    progress,
    others: [button('Cancel', leave)],
    async run(values) {
      const session = await channel.session();
      await save(bodyOf(values, session?.id ?? null), values);
      dialog.close();
    },
  });
  form.addEventListener('input', () => {
    touched = true;
  });
  holdOnEscape(dialog, leave);
  dialog.append(
    el(
      'div',
      { class: 'head' },
      el('h2', { id: 'source-form-title', class: 'name' }, title),
      button('×', leave, 'quiet close', { 'aria-label': 'Close' }),
    ),
    form,
  );
  openDialog(dialog, () => dialog.remove());
  channel.focus();
}

function atOnceField() {
  return el(
    'label',
    { class: 'choice' },
    el('input', { type: 'checkbox', name: 'at_once', checked: true }),
    el(
      'span',
      {},
      'Start now',
      el(
        'span',
        { class: 'muted small' },
        'Queues the first run. Otherwise the source is paused until you resume it.',
      ),
    ),
  );
}
