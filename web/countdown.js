import { el } from './dom.js';

const TICK_MS = 1000;

/**
 * Text that counts the seconds down to a moment, for as long as it stands on the page. It is not read out each
 * second.
 *
 * @param {number} until milliseconds, as `Date.now()` counts them
 * @param {(seconds: number) => string} words what to say with so many seconds to go; 0: it is over
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
