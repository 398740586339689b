import { deleteSession } from './delete_session.js';
import { exportSession } from './export_session.js';
import { renameSession } from './rename_session.js';
import { editTags, floodWait, invalidate, restore, setActive } from './session_actions.js';
import { showChannels } from './session_channels.js';
import { editProxy } from './session_proxy.js';
import { testSession } from './test_session.js';

/** States that an admin can end with Restore. */
const RESTORABLE = ['flood', 'invalid', 'cooldown', 'dead'];

/**
 * The actions of an admin for a session in its current state, grouped, the most useful ones first.
 *
 * @returns {{ title: string, actions: Action[] }[]}
 * @typedef {object} Action
 * @property {string} label
 * @property {string} [kind] of its button
 * @property {string} [progress] the button's label meanwhile
 * @property {(api: object, session: object, panel: { show(...parts: unknown[]): void, again(): void, close(): void })
 *   => Promise<unknown>} run resolves with false if nothing was changed
 */
export function actionsFor(session) {
  return [
    { title: 'Pool', actions: inPool(session).filter(Boolean) },
    { title: 'Telegram', actions: AT_TELEGRAM },
    { title: 'Session', actions: OF_SESSION },
  ];
}

const AT_TELEGRAM = [
  {
    label: 'Test',
    progress: 'Testing…',
    run: (api, it, { show, again }) => testSession(api, it, show, again),
  },
  { label: 'Channels', run: (api, it) => showChannels(api, it) },
  { label: 'Export', run: (api, it) => exportSession(api, it).then(() => false) },
];

const OF_SESSION = [
  { label: 'Edit tags', run: editTags },
  { label: 'Rename', run: renameSession },
  { label: 'Proxy', run: editProxy },
  {
    label: 'Delete',
    kind: 'danger',
    async run(api, it, { close }) {
      const done = await deleteSession(api, it);
      if (done) close();
      return done;
    },
  },
];

function inPool({ status, is_active }) {
  const out = is_active === 'inactive';
  return [
    RESTORABLE.includes(status) && { label: 'Restore', kind: 'primary', run: restore },
    out
      ? { label: 'Activate', kind: 'primary', run: (api, it) => setActive(api, it, true) }
      : { label: 'Deactivate', run: (api, it) => setActive(api, it, false) },
    ['free', 'leased', 'cooldown', 'flood'].includes(status) && { label: 'Flood wait', run: floodWait },
    status !== 'invalid' && { label: 'Invalidate', kind: 'danger', run: (api, it) => invalidate(api, it) },
  ];
}
