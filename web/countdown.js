import { el } from './dom.js';

const TICK_MS = 1000;

/**
 * Text that counts down to a moment while it is on the page. Screen readers do not read it out every second.
 *
 * @param {number} until milliseconds, as in `Date.now()`
 * @param {(seconds: number) => string} words the text for the remaining seconds; 0: time is up
 * @param {() => void} [onOver]
 */
export function countdown(until, words, onOver = () => {}) {
  const element = el('span', { class: 'countdown', role: 'timer', 'aria-live': 'off' });
  let timer = null;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    element.textContent = words(seconds);
    const over = seconds === 0;
    if (over || (timer !== null && !element.isConnected)) clearInterval(timer);
    if (over) onOver();
    return over;
  };
  if (!tick()) timer = setInterval(tick, TICK_MS);
  return element;
}
