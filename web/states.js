import { el } from './dom.js';

/** Every state of a session: its label, colour and meaning. */
export const STATES = {
  free: { label: 'Free', tone: 'good', meaning: 'Ready to be leased' },
  leased: { label: 'In use', tone: 'busy', meaning: 'Leased to a worker' },
  cooldown: {
    label: 'Cooling down',
    tone: 'calm',
    meaning: 'Its lease expired or was revoked: its worker gets a moment to notice',
  },
  flood: { label: 'Flood wait', tone: 'warn', meaning: 'Telegram asked to wait' },
  invalid: { label: 'Invalidated', tone: 'bad', meaning: 'Out of the pool until an admin restores it' },
  missing: { label: 'File missing', tone: 'off', meaning: 'Its file is gone from SESSIONS_DIR' },
  dead: { label: 'Dead', tone: 'bad', meaning: 'Rejected by Telegram, or its file is unusable' },
  inactive: { label: 'Inactive', tone: 'off', meaning: 'An admin took it out of the pool' },
  duplicate: { label: 'Duplicate', tone: 'odd', meaning: 'Another file holds the same auth key' },
};

/** The label of a state; an unknown one keeps its API name. */
export function stateLabel(state) {
  return STATES[state]?.label ?? state;
}

/** A session's state as a coloured badge, followed by its reason. */
export function stateBadge({ status, status_reason: reason }) {
  const { tone = 'off', meaning } = STATES[status] ?? {};
  const label = stateLabel(status);
  const said = reason && reason.toLowerCase() !== label.toLowerCase() ? reason : null;
  return el(
    'span',
    { class: 'state' },
    el('span', { class: `badge ${tone}`, title: meaning }, label),
    said && el('span', { class: 'reason' }, said),
  );
}
