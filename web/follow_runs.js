/**
 * Tells how runs go on. Nothing is asked for while the stream of events is there.
 *
 * @param {EventTarget} live
 * @param {object} to
 * @param {(run: object) => void} to.told each change that the stream tells of
 * @param {() => void} to.missed something may have changed that nobody told of: the stream has begun; or it
 *   is not there, and the service answers
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
