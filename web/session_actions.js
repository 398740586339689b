import { ask } from './ask.js';
import { nameText } from './dom.js';
import { say } from './messages.js';

/** Asks for tags and saves them. */
export function editTags(api, session) {
  return ask({
    title: `Tags of ${session.name}`,
    fields: [
      {
        name: 'tags',
        label: 'Tags, separated by commas',
        value: session.tags.join(', '),
        placeholder: 'eu, warm',
        hint: 'A worker that requests tags gets a session that has all of them. Up to 20 tags of up to 64 characters.',
      },
    ],
    confirm: 'Save tags',
    async run({ tags }) {
      const list = tags.split(',').map((tag) => tag.trim());
      await api.send('PUT', `/sessions/${session.id}`, { tags: [...new Set(list.filter(Boolean))] });
      say('Tags saved');
    },
  });
}

/** Activates or deactivates a session, without confirmation: each undoes the other. */
export async function setActive(api, session, active) {
  await api.send('PUT', `/sessions/${session.id}`, { is_active: active ? 'active' : 'inactive' });
  say(active ? `${session.name} is active` : `${session.name} is inactive: it is not leased`);
}

/** Ends a flood wait, an invalidation, a cool-down or a death. */
export async function restore(api, session) {
  await api.send('POST', '/restore', { session_id: session.id });
  say(`${session.name} is restored`);
}

/** Asks for a flood wait and records it. */
export function floodWait(api, session) {
  return ask({
    title: `Flood wait for ${session.name}`,
    text:
      session.status === 'leased' ? ['The session is leased. Without a method, its lease ends at once.'] : [],
    fields: [
      {
        name: 'seconds',
        label: 'Seconds',
        type: 'number',
        min: 1,
        max: 31_536_000,
        required: true,
        value: 3600,
      },
      {
        name: 'method',
        label: 'Method (optional)',
        placeholder: 'messages.getHistory',
        pattern: '[A-Za-z][A-Za-z0-9_.]*',
        hint: 'With a method, only that method waits; without one, the whole session.',
      },
    ],
    confirm: 'Record flood wait',
    async run({ seconds, method }) {
      const body = { session_id: session.id, wait_seconds: Number(seconds), ...(method && { method }) };
      await api.send('POST', '/floodwait', body);
      say(`Flood wait recorded for ${session.name}`);
    },
  });
}

/** Invalidates a session after a confirmation; `leaseId`: only while it has this lease. */
export function invalidate(api, { id, name, status }, leaseId = null) {
  return ask({
    title: 'Invalidate this session?',
    text: [
      nameText(name),
      `Nobody can lease it until an admin restores it.${status === 'leased' ? ' Its lease ends at once; its worker is told at its next call.' : ''}`,
    ],
    fields: [
      { name: 'reason', label: 'Reason (optional)', maxlength: 500, placeholder: 'asked for a new login' },
    ],
    confirm: 'Invalidate',
    danger: true,
    async run({ reason }) {
      const lease = leaseId && { lease_id: leaseId };
      await api.send('POST', '/invalidate', { session_id: id, ...lease, ...(reason && { reason }) });
      say(`${name} is invalidated`);
    },
  });
}

/** Ends another holder's lease after a confirmation. */
export function release(api, { session_id, session_name, lease_id }, holder) {
  return ask({
    title: 'Release this lease?',
    text: [
      nameText(session_name),
      `Its holder is ${holder}. Its worker is told at its next call. The session cools down for up to a minute before it is leased again.`,
    ],
    confirm: 'Release',
    danger: true,
    async run() {
      await api.send('POST', '/release', { session_id, lease_id });
      say(`${session_name} is released`);
    },
  });
}
