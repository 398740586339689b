import { ask } from './ask.js';
import { nameText } from './dom.js';
import { say } from './messages.js';
import { pathOf } from './source_texts.js';

/** Starts a run of a source, even if the source is paused; returns the run. */
export async function runNow(api, source) {
  const { result } = await api.send('POST', `/sources/${source.id}/trigger`);
  say(`A run of ${source.name} is queued`);
  return result;
}

/** Cancels a run, which may take some seconds; returns the run. */
export async function cancelRun(api, id) {
  const run = await api.send('POST', `/runs/${id}/cancel`);
  say(run.state === 'cancelled' ? 'The run is cancelled' : 'The run is being cancelled');
  return run;
}

/** Pauses or resumes a source, without confirmation: each undoes the other. Returns the source. */
export async function setPaused(api, { id, name }, paused) {
  const source = await api.send('PUT', `/sources/${id}`, { is_active: !paused });
  say(paused ? `${name} is paused: it runs on demand only` : `${name} is resumed`);
  return source;
}

/** Deletes a source after a confirmation; resolves to whether it was deleted. */
export function deleteSource(api, source) {
  return ask({
    title: 'Delete this source?',
    text: [
      nameText(source.name),
      'This deletes its schedule and the records of its runs. A current run is cancelled.',
      `Stored messages and files are kept: ${source.target}, ${pathOf(source)}.`,
    ],
    confirm: 'Delete',
    progress: 'Deleting…',
    danger: true,
    async run() {
      await api.send('DELETE', `/sources/${source.id}`);
      say(`${source.name} is deleted; what it stored is kept`);
    },
  });
}
