import { choices } from './choices.js';
import { button, el, fill } from './dom.js';
import { showProblems } from './form_problems.js';
import { labelled } from './labelled.js';
import { showChannels } from './session_channels.js';
import { createSessionField } from './session_field.js';

const ACCESS = [
  ['public', 'Public', 'Anyone can read it.'],
  ['private', 'Private', 'Read by one session that is a member.'],
];

/** Labels and hints of the fields, by access level. */
const WORDS = {
  public: {
    channel: 'Channel',
    placeholder: '@name',
    channelHint: '@name, or a link such as https://t.me/name.',
    session: 'Session (optional)',
    sessionHint: 'Leave empty to use any free session.',
  },
  private: {
    channel: 'Channel ID',
    placeholder: '-1001234567890',
    channelHint: 'A number, or a link such as https://t.me/c/1234567890/1.',
    session: 'Session',
    sessionHint: 'The name of a session that is a member of the channel.',
  },
};

/**
 * The fields for the channel and the session that reads it.
 *
 * @param {object} api
 * @param {object} source
 * @param {string} sessionName
 * @returns {{ elements: HTMLElement[], session(): Promise<object | null>, focus(): void }} `session`: the chosen
 *   one; rejects as in `createSessionField`
 */
export function channelFields(api, source, sessionName) {
  const session = createSessionField(api, sessionName);
  const channel = labelled({
    name: 'identifier',
    id: 'source-channel',
    label: 'Channel',
    required: true,
    maxlength: 300,
    value: source.identifier,
    spellcheck: 'false',
    autocapitalize: 'none',
    hint: ' ',
  });
  const input = channel.querySelector('input');
  const look = button('Choose from its channels', () => lookAmong(), 'link small');
  const place = el('p', { class: 'choose' }, look);

  function onChoice(access) {
    const words = WORDS[access];
    say(channel, words.channel, words.channelHint);
    say(session.element, words.session, words.sessionHint);
    input.placeholder = words.placeholder;
    session.input.required = access === 'private';
    place.hidden = access !== 'private';
    // For a private channel the session comes first: the channel is chosen from the session's channels.
    if (access === 'private') channel.before(session.element, place);
    else channel.after(session.element);
  }

  async function lookAmong() {
    const form = look.form;
    try {
      const chosen = await session.chosen();
      if (!chosen) return session.input.reportValidity();
      await showChannels(api, chosen, take);
      input.focus();
    } catch (error) {
      showProblems(form, error);
    }
  }

  function take({ id, title }) {
    input.value = String(id);
    const { name, channel_title: titled } = look.form.elements;
    if (name.value.trim() === '') name.value = title;
    if (titled.value.trim() === '') titled.value = title;
  }

  const fields = el('div', {}, channel);
  const access = choices({
    ...{ name: 'access_level', legend: 'Access' },
    ...{ options: ACCESS, value: source.access_level, onChoice },
  });
  return { elements: [access, fields], session: session.chosen, focus: () => input.focus() };
}

function say(field, label, hint) {
  fill(field.querySelector('label'), label);
  fill(field.querySelector('.muted'), hint);
}
