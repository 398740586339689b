import { copy } from './copy.js';
import { button, el, NOTHING, nameText } from './dom.js';
import { complain, say } from './messages.js';
import { Table } from './table.js';
import { number } from './time.js';

/** The table of a session's channels; `choose`: called with the selected one, instead of copying its ID. */
export function createChannelsTable(choose = null) {
  return new Table('Channels', ['Title', 'Username', 'Type', 'Members', 'ID'], {
    key: ({ id }) => id,
    cells: (channel) => [
      title(channel),
      channel.username ? el('bdi', {}, `@${channel.username}`) : el('span', { class: 'chip' }, 'private'),
      kindOf(channel),
      channel.participants_count === null ? NOTHING : number(channel.participants_count),
      choose ? choosable(channel, choose) : copyable(channel),
    ],
  });
}

/** Whether the channel's title, username, description or ID contains the text. */
export function channelMatches({ id, title, username, description }, text) {
  const wanted = text.trim().toLowerCase().replace(/^@/, '');
  return [title, username, description, String(id)].some((part) => part?.toLowerCase().includes(wanted));
}

function title({ title, description }) {
  return el(
    'span',
    {},
    nameText(title),
    description && el('span', { class: 'description muted small' }, el('bdi', {}, description)),
  );
}

function kindOf({ is_broadcast, is_megagroup }) {
  if (is_broadcast) return 'Channel';
  return is_megagroup ? 'Supergroup' : 'Group';
}

function choosable(channel, choose) {
  const { id, title } = channel;
  return button(String(id), () => choose(channel), 'link digits', { 'aria-label': `Choose ${title}, ${id}` });
}

function copyable({ id, title }) {
  const made = button(
    String(id),
    async () => {
      if (await copy(String(id), made)) say('ID copied');
      else complain('The browser does not allow copying');
    },
    'link digits',
    { title: 'Copy ID', 'aria-label': `Copy ID ${id} of ${title}` },
  );
  return made;
}
