import { ask } from './ask.js';
import { nameText } from './dom.js';
import { say } from './messages.js';
import { pathOf } from './source_texts.js';

/** Has a source run now, a paused one too; the run. */
export async function runNow(api, source) {
  const { result } = await api.send('POST', `/sources/${source.id}/trigger`);
  say(`A run of ${source.name} is queued`);
  return result;
}

/** Ends a run; the run, which may go on for some seconds. */
export async function cancelRun(api, id) {
  const run = await api.send('POST', `/runs/${id}/cancel`);
  say(run.state === 'cancelled' ? 'The run is cancelled' : 'The run is being cancelled');
  return run;
}

/** Pauses a source or has it go on, without asking: each undoes the other. The source as it is then. */
export async function setPaused(api, { id, name }, paused) {
  const source = await api.send('PUT', `/sources/${id}`, { is_active: !paused });
  say(paused ? `${name} is paused: it runs on demand only` : `${name} is resumed`);
  return source;
}

/** Asks whether to delete a source; whether that was done. */
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
