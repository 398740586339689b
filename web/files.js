import { ApiError } from './api.js';
import { ask } from './ask.js';
import { button, el, fill, whileBusy } from './dom.js';
import { attempt, say } from './messages.js';
import { changesIn, syncResult } from './sync_result.js';
import { number } from './time.js';

/** Syncs SESSIONS_DIR and the pool: previews the changes, then applies them. */
export function createFiles({ api }) {
  const result = el('div', { role: 'status' });
  const look = button('Sync now', () => attempt(() => whileBusy(look, dryRun)), 'primary');

  async function dryRun() {
    fill(result, el('p', { class: 'muted' }, 'Scanning SESSIONS_DIR…'));
    await orExplain(async () => {
      const { details } = await sync({ dry_run: true });
      const apply = button(
        'Apply',
        () => attempt(() => whileBusy(apply, () => orExplain(carryOut))),
        'primary',
      );
      const nothing = changesIn(details) === 0;
      const title = nothing ? 'Nothing to do: the pool matches the files' : 'These changes would be made';
      fill(result, syncResult(title, details), !nothing && el('p', { class: 'actions' }, apply));
    });
  }

  async function carryOut(force = false) {
    const { details } = await sync(force ? { force } : {});
    fill(result, syncResult('Done', details));
    say('The pool matches the files');
  }

  /** Explains a refusal by the mass removal guard; any other error is shown as usual. */
  async function orExplain(work) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'mass_removal_guard') {
        fill(result, el('p', { class: 'error card' }, error.message));
        return;
      }
      fill(
        result,
        guardCard(error.detail, () => attempt(() => force(error.detail))),
      );
    }
  }

  const force = ({ would_remove }) =>
    ask({
      title: `Remove ${number(would_remove)} sessions?`,
      text: ['This also deletes their tags and states. Files that come back are added as new sessions.'],
      confirm: `Remove ${number(would_remove)} sessions`,
      danger: true,
      run: () => carryOut(true),
    });

  const sync = (body) => api.send('POST', '/sync', body);

  return {
    element: el(
      'section',
      {},
      el('h1', { tabindex: -1 }, 'Files'),
      el(
        'div',
        { class: 'card' },
        el(
          'p',
          {},
          'The service watches ',
          el('code', {}, 'SESSIONS_DIR'),
          ': it finds new and deleted files within seconds, and sweeps the whole directory on a schedule. Sync now scans it at once, and shows the changes before it makes them.',
        ),
        el('p', { class: 'actions' }, look),
      ),
      result,
    ),
  };
}

function guardCard({ message, would_remove, known }, force) {
  return el(
    'div',
    { class: 'card guard', role: 'alert' },
    el('h2', {}, 'Nothing was changed: too many files are gone at once'),
    el(
      'p',
      {},
      `${number(would_remove)} of ${number(known)} sessions no longer have a file. Perhaps the disk is not mounted, or SESSIONS_DIR is wrong: an empty disk must not empty the pool.`,
    ),
    el('p', { class: 'muted' }, `The service says: ${message}`),
    el('p', {}, 'Mount the disk and sync again. If the files were deleted on purpose, continue:'),
    el('p', { class: 'actions' }, button('Remove anyway', force, 'danger')),
  );
}
