import { button, el, fill } from './dom.js';
import { number } from './time.js';

/** Items per page. */
export const PAGE = 100;

/**
 * The pages of a list. It requests one item more than a page holds, which tells whether there is a next page: the
 * service's lists have no total.
 */
export class Pager {
  #skip = 0;
  #onTurn;
  element = el('nav', { class: 'pager', 'aria-label': 'Pages' });

  /** @param {() => void} onTurn loads the current page */
  constructor(onTurn) {
    this.#onTurn = onTurn;
  }

  /** The query parameters of the current page. */
  get query() {
    return { skip: this.#skip, limit: PAGE + 1 };
  }

  /** Accepts the answered items and returns those of the page. `total`: the number of all items, if known. */
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
