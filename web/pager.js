import { button, el, fill } from './dom.js';
import { number } from './time.js';

/** How many items a page has. */
export const PAGE = 100;

/**
 * Pages of a list that is asked for a page at a time. One item more than a page is asked for, which tells
 * whether there is a next page; lists of the service have no total.
 */
export class Pager {
  #skip = 0;
  #onTurn;
  element = el('nav', { class: 'pager', 'aria-label': 'Pages' });

  /** @param {() => void} onTurn loads the page that was turned to */
  constructor(onTurn) {
    this.#onTurn = onTurn;
  }

  /** The parameters of the page that is open. */
  get query() {
    return { skip: this.#skip, limit: PAGE + 1 };
  }

  /** Takes what was answered; the items of the page. `total`: how many there are in all, where that is known. */
  take(answered, total = null) {
    const items = answered.slice(0, PAGE);
    const more = answered.length > PAGE;
    const last = this.#skip + items.length;
    const of = total === null ? '' : ` of ${number(Math.max(total, last))}`;
    const range = items.length === 0 ? 'Nothing' : `${number(this.#skip + 1)} to ${number(last)}${of}`;
    this.element.hidden = this.#skip === 0 && !more;
    fill(
      this.element,
      button('Previous', () => this.#turn(-PAGE), '', { disabled: this.#skip === 0 }),
      el('span', { class: 'muted' }, range),
      button('Next', () => this.#turn(PAGE), '', { disabled: !more }),
    );
    return items;
  }

  #turn(by) {
    this.#skip = Math.max(0, this.#skip + by);
    this.#onTurn();
  }
}
