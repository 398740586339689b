import { editTags, floodWait, invalidate, restore, setActive } from './session_actions.js';

/** States that an admin can end. */
const RESTORABLE = ['flood', 'invalid', 'cooldown', 'dead'];

/** What an admin can do with a session in the state it is in: the useful things first. */
export function actionsFor(session) {
  const { status } = session;
  const out = session.is_active === 'inactive';
  const actions = [
    RESTORABLE.includes(status) && { label: 'Restore', kind: 'primary', run: restore },
    { label: 'Edit tags', kind: '', run: editTags },
    out
      ? { label: 'Put back', kind: 'primary', run: (api, it) => setActive(api, it, true) }
      : { label: 'Take out of the pool', kind: '', run: (api, it) => setActive(api, it, false) },
    ['free', 'leased', 'cooldown', 'flood'].includes(status) && {
      label: 'Flood wait',
      kind: '',
      run: floodWait,
    },
    status !== 'invalid' && { label: 'Invalidate', kind: 'danger', run: (api, it) => invalidate(api, it) },
  ];
  return actions.filter(Boolean);
}
