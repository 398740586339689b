import { isGoingOn } from './run_states.js';
import { cancelRun, deleteSource, runNow, setPaused } from './source_actions.js';
import { editSource } from './source_form.js';

/**
 * The actions of an admin for a source in its current state.
 *
 * @param {object} page
 * @param {object} page.api
 * @param {object} page.source
 * @param {object | null} page.newest its newest run
 * @param {(run: object) => Promise<unknown>} page.acted called with the updated run
 * @param {(source: object) => void} page.changed called with the updated source
 */
export function sourceActions({ api, source, newest, acted, changed }) {
  const paused = source.is_active !== 'active';
  return [
    runAction({ api, source, newest, acted }),
    {
      label: paused ? 'Resume' : 'Pause',
      run: async () => changed(await setPaused(api, source, !paused)),
    },
    { label: 'Edit', run: () => editSource(api, source, changed) },
    {
      label: 'Delete',
      kind: 'danger',
      async run() {
        if (await deleteSource(api, source)) location.hash = '#/sources';
      },
    },
  ];
}

function runAction({ api, source, newest, acted }) {
  if (!isGoingOn(newest)) {
    const run = async () => acted(await runNow(api, source));
    return { label: 'Run now', kind: 'primary', progress: 'Queueing…', run };
  }
  if (newest.cancel_requested) return { label: 'Cancelling…', disabled: true };
  const run = async () => acted(await cancelRun(api, newest.id));
  return { label: 'Cancel run', progress: 'Cancelling…', run };
}
