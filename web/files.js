import { ApiError } from './api.js';
import { ask } from './ask.js';
import { button, el, fill, whileBusy } from './dom.js';
import { attempt, say } from './messages.js';
import { changesIn, syncResult } from './sync_result.js';
import { number } from './time.js';

/** SESSIONS_DIR and the pool: what would change, and making it so. */
export function createFiles({ api }) {
  const result = el('div', { role: 'status' });
  const look = button('Sync now', () => attempt(() => whileBusy(look, dryRun)), 'primary');

  async function dryRun() {
    fill(result, el('p', { class: 'muted' }, 'Looking at SESSIONS_DIR…'));
    await orExplain(async () => {
      const { details } = await sync({ dry_run: true });
      const apply = button(
        'Apply',
        () => attempt(() => whileBusy(apply, () => orExplain(carryOut))),
        'primary',
      );
      const nothing = changesIn(details) === 0;
      const title = nothing ? 'Nothing to do: the pool agrees with the files' : 'This is what would happen';
      fill(result, syncResult(title, details), !nothing && el('p', { class: 'actions' }, apply));
    });
  }

  async function carryOut(force = false) {
    const { details } = await sync(force ? { force } : {});
    fill(result, syncResult('Done', details));
    say('The pool agrees with the files');
  }

  /** Shows a refusal of the guard as what it is; anything else is an error like any other. */
  async function orExplain(work) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError) || error.detail?.error !== 'mass_removal_guard') {
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
      text: ['Their tags and states go with them. Files that come back are new sessions.'],
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
          ': new and gone files are seen within seconds, and the whole directory is swept every hour. Sync now looks at once, and first shows what would change.',
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
    el('h2', {}, 'Nothing was changed: too much is gone at once'),
    el(
      'p',
      {},
      `${number(would_remove)} of ${number(known)} sessions have no file any more. That looks like a disk that is not mounted, or a wrong SESSIONS_DIR, and an empty disk must not empty the pool.`,
    ),
    el('p', { class: 'muted' }, `The service says: ${message}`),
    el('p', {}, 'Mount the disk and sync again. If the files are meant to be gone, go ahead:'),
    el('p', { class: 'actions' }, button('Remove them all the same', force, 'danger')),
  );
}
