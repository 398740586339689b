import { cronWords, nextDue } from './cron.js';
import { el, fill } from './dom.js';
import { labelled } from './labelled.js';
import { ago, localMoment } from './time.js';

const OTHER = 'other';

const PRESETS = [
  ['', 'On demand only'],
  ['0 * * * *', 'Every hour'],
  ['0 */6 * * *', 'Every 6 hours'],
  ['0 3 * * *', 'Every day at 03:00'],
  ['0 3 * * 1', 'Every Monday at 03:00'],
  ['0 3 1 * *', 'Every month on day 1 at 03:00'],
  [OTHER, 'Custom'],
];

/** The schedule of a source: presets, or any cron expression, explained as it is typed. */
export function scheduleField(schedule) {
  const preset = labelled({ name: 'preset', id: 'source-preset', label: 'Schedule (UTC)', options: PRESETS });
  const typed = labelled({
    name: 'schedule',
    id: 'source-schedule',
    label: 'Cron expression',
    class: 'code',
    value: schedule ?? '',
    maxlength: 200,
    spellcheck: 'false',
    autocapitalize: 'none',
    placeholder: 'minute hour day month weekday',
    'aria-describedby': 'source-schedule-words',
  });
  const words = el('span', { 'aria-live': 'polite' });
  const next = el('span');
  const meaning = el('p', { id: 'source-schedule-words', class: 'muted small' }, words, next);
  const [choice, input] = [preset.querySelector('select'), typed.querySelector('input')];

  const explain = () => {
    const text = input.value.trim().split(/\s+/).join(' ');
    const known = PRESETS.some(([expression]) => expression === text);
    choice.value = known ? text : OTHER;
    fill(words, wordsFor(text));
    fill(next, nextTime(text));
  };
  choice.addEventListener('change', () => {
    if (choice.value === OTHER) return input.select();
    input.value = choice.value;
    explain();
  });
  input.addEventListener('input', explain);
  explain();
  return el('div', { class: 'field' }, el('div', { class: 'pair' }, preset, typed), meaning);
}

/** What an expression means, or what is wrong with it. */
function wordsFor(text) {
  if (text === '') return 'Runs only when you start it.';
  const said = cronWords(text);
  if (said) return nextDue(text, new Date()) ? `${said}, UTC.` : 'There is no such day: it would never run.';
  return 'Enter five fields: minute, hour, day of the month, month, weekday; or six, with seconds first.';
}

/** The next time; apart from the words, so that screen readers do not read it out whenever it changes. */
function nextTime(text) {
  const next = nextDue(text, new Date());
  return next && [' Next: ', localMoment(next), ', ', ago(next.toISOString()), '.'];
}
