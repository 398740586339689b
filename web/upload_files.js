import { applicationFields, applicationOf } from './application_fields.js';
import { button, el, fill } from './dom.js';
import { problemNotes } from './form_problems.js';
import { number } from './time.js';
import { Uploads } from './uploads.js';

/** The label and colour of each state of a file. */
const STATES = {
  waiting: ['waiting', 'off'],
  checking: ['checking…', 'busy'],
  saved: ['saved', 'good'],
  refused: ['refused', 'bad'],
};

/**
 * Uploads session files, and lists the result of each.
 *
 * @param {{ api: object, openSession(id: number): void, saved(): void, close(): void }} context
 */
export function createUploadFiles({ api, openSession, saved, close }) {
  const rows = new Map();
  const list = el('ul', { class: 'uploads', 'aria-label': 'Files' });
  const outcome = el('p', { class: 'muted', role: 'status' });
  const form = el('form', {}, applicationFields('upload'));
  const application = () => applicationOf(Object.fromEntries(new FormData(form)));
  const uploads = new Uploads(api, application, (upload) => {
    draw(upload);
    fill(outcome, summary(uploads.all));
    if (upload.state === 'saved') saved();
  });
  form.addEventListener('submit', (event) => event.preventDefault());

  function draw(upload) {
    const row = rows.get(upload) ?? el('li');
    if (!rows.has(upload)) list.append(row);
    rows.set(upload, row);
    const [label, tone] = STATES[upload.state];
    const { session, error } = upload;
    fill(
      row,
      el('bdi', { class: 'name' }, upload.file.name),
      el('span', { class: `badge ${tone}` }, label),
      session &&
        button('Show', () => openSession(session.id), 'link', { 'aria-label': `Show ${session.name}` }),
      error && problemNotes(error, () => uploads.again(upload), { openSession }),
    );
  }

  const element = el(
    'div',
    { class: 'step' },
    el(
      'p',
      { class: 'muted' },
      'Session files from Telethon or Pyrogram. Each one is checked with Telegram and saved under its file name.',
    ),
    dropZone((files) => uploads.add(files)),
    form,
    outcome,
    list,
    el('div', { class: 'actions' }, button('Close', close)),
  );
  return {
    label: 'Upload a file',
    element,
    lost: () =>
      uploads.left > 0 && {
        title: 'Cancel the upload?',
        text: `Not uploaded yet: ${files(uploads.left)}.`,
        confirm: 'Cancel upload',
      },
    leave: () => uploads.stop(),
  };
}

function dropZone(take) {
  const picker = el('input', {
    type: 'file',
    id: 'upload-files',
    class: 'unseen',
    accept: '.session',
    multiple: true,
  });
  const zone = el(
    'label',
    { class: 'drop', for: 'upload-files' },
    el('strong', {}, 'Choose .session files'),
    el('span', { class: 'muted small' }, 'or drop them here'),
  );
  const takeAll = (files) => files.length > 0 && take([...files]);
  picker.addEventListener('change', () => {
    takeAll(picker.files);
    // Lets the same file be chosen again.
    picker.value = '';
  });
  const over = (is) => (event) => {
    event.preventDefault();
    zone.classList.toggle('over', is);
  };
  zone.addEventListener('dragover', over(true));
  zone.addEventListener('dragleave', over(false));
  zone.addEventListener('drop', (event) => {
    over(false)(event);
    takeAll(event.dataTransfer.files);
  });
  return el('div', { class: 'field' }, picker, zone);
}

function summary(uploads) {
  const count = (...states) => uploads.filter(({ state }) => states.includes(state)).length;
  const parts = [
    [count('saved'), 'saved'],
    [count('refused'), 'refused'],
    [count('waiting', 'checking'), 'remaining'],
  ];
  const said = parts.filter(([many]) => many > 0).map(([many, what]) => `${number(many)} ${what}`);
  return `${files(uploads.length)}: ${said.join(', ')}`;
}

function files(count) {
  return count === 1 ? '1 file' : `${number(count)} files`;
}
