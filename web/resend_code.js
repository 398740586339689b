import { codeWay } from './code_ways.js';
import { countdown } from './countdown.js';
import { button, el, fill, whileBusy } from './dom.js';
import { duration } from './time.js';

/**
 * A button that requests the code again, enabled as soon as Telegram allows it.
 *
 * @param {() => Promise<unknown>} resend
 * @returns {{ element: HTMLElement, sent(answer: { next_type: string | null, timeout: number | null }): void }}
 */
export function createResend(resend) {
  const element = el('p', { class: 'resend small' });

  function sent({ next_type: next, timeout }) {
    if (next === null)
      return fill(element, el('span', { class: 'muted' }, 'Telegram offers no other way to send the code.'));
    const again = button(`Resend ${codeWay(next)}`, () => whileBusy(again, resend, 'Sending…'), 'link');
    const wait = timeout ?? 0;
    again.disabled = wait > 0;
    const enable = () => {
      again.disabled = false;
    };
    const rest = countdown(
      Date.now() + wait * 1000,
      (seconds) => (seconds > 0 ? ` in ${duration(seconds)}` : ''),
      enable,
    );
    fill(element, again, el('span', { class: 'muted' }, rest));
  }

  return { element, sent };
}
