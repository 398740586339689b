import { channelMatches, createChannelsTable } from './channels_table.js';
import { openDialog } from './dialogs.js';
import { button, el, emptyState, fill, nameText, whileBusy } from './dom.js';
import { problemNotes } from './form_problems.js';
import { number } from './time.js';

/** How many are shown at first: a session may have thousands. */
const SHOWN = 100;

/**
 * Shows the channels and groups of a session; resolves when the dialog is closed.
 *
 * @param {(channel: object) => void} [choose] called with the selected one, after the dialog has closed
 */
export function showChannels(api, session, choose = null) {
  const asking = new AbortController();
  const table = createChannelsTable(choose && chosen);
  const place = el('div', { class: 'channels' });
  const outcome = el('p', { class: 'muted', role: 'status' });
  const filter = el('input', {
    id: 'channel-filter',
    type: 'search',
    autofocus: true,
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const refresh = button('Refresh', () => load(true), '', { title: 'Ask Telegram again' });
  let channels = [];
  let shown = SHOWN;

  const load = (anew) =>
    whileBusy(
      refresh,
      async () => {
        fill(outcome, 'Asking Telegram… This takes up to a minute if there are many channels.');
        try {
          const query = anew ? { refresh: true } : {};
          channels = await api.get(`/sessions/${session.id}/channels`, query, asking.signal);
          draw();
        } catch (error) {
          if (error.name === 'AbortError') return;
          fill(outcome, channels.length > 0 && 'This is the previous list.');
          fill(
            problems,
            problemNotes(error, () => load(anew)),
          );
        }
      },
      'Loading…',
    );
  const problems = el('div', { class: 'problems', role: 'alert' });

  function draw() {
    fill(problems);
    const found = channels.filter((channel) => channelMatches(channel, filter.value));
    table.show(found.slice(0, shown));
    const rest = found.length - shown;
    const more = rest > 0 && button(`Show ${number(rest)} more`, showAll);
    if (found.length > 0) fill(place, table.element, more);
    else fill(place, channels.length > 0 ? nothingMatches() : noChannels());
    const all = number(channels.length);
    fill(outcome, filter.value.trim() ? `${number(found.length)} of ${all}` : `${all} in total`);
  }

  function chosen(channel) {
    dialog.close();
    choose(channel);
  }

  function showAll() {
    shown = Number.POSITIVE_INFINITY;
    draw();
    // The button is gone: move the focus to the first new row.
    table.body.rows[SHOWN]?.querySelector('button').focus();
  }

  filter.addEventListener('input', draw);
  const dialog = el(
    'dialog',
    { class: 'wide', 'aria-labelledby': 'channels-title' },
    el(
      'div',
      { class: 'head' },
      el('h2', { id: 'channels-title' }, 'Channels of ', nameText(session.name)),
      button('×', () => dialog.close(), 'quiet close', { 'aria-label': 'Close' }),
    ),
    el(
      'div',
      { class: 'filter' },
      el('div', { class: 'field grow' }, el('label', { for: 'channel-filter' }, 'Filter'), filter),
      refresh,
    ),
    outcome,
    problems,
    place,
  );
  return new Promise((resolve) => {
    openDialog(dialog, () => {
      asking.abort();
      dialog.remove();
      resolve();
    });
    void load(false);
  });
}

function noChannels() {
  const next =
    'It is not a member of any channel or group. The list is cached for ten minutes; Refresh asks Telegram again.';
  return emptyState('This session has no channels', el('p', {}, next));
}

function nothingMatches() {
  return emptyState('No channel matches', el('p', {}, 'Try a shorter part of the title, username or ID.'));
}
