/**
 * Follows the progress of runs. Sends no requests while the event stream is connected.
 *
 * @param {EventTarget} live
 * @param {object} to
 * @param {(run: object) => void} to.told called for each change in the stream
 * @param {() => void} to.missed called when changes may have been missed: the stream has (re)connected, or there is no
 *   stream but the service answers
 * @param {AbortSignal} [signal] ends it
 */
export function followRuns(live, { told, missed }, signal = undefined) {
  let streaming = null;
  const on = (event, listener) => live.addEventListener(event, listener, { signal });
  on('run', ({ detail }) => told(detail));
  on('status', () => streaming === false && missed());
  on('connection', ({ detail }) => {
    const back = detail === 'live' && streaming !== true;
    streaming = detail === 'live';
    if (back) missed();
  });
}
