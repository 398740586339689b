import { el, NOTHING, refill } from './dom.js';

/**
 * A table that keeps the elements of unchanged rows, so that a refresh does not move the focus.
 */
export class Table {
  /**
   * @param {string} caption what the table lists, for screen readers
   * @param {readonly string[]} columns
   * @param {{ key(item: object): string, cells(item: object): unknown[], onRow?(item: object): void }} of
   */
  constructor(caption, columns, of) {
    this.columns = columns;
    this.of = of;
    this.rows = new Map();
    this.body = el('tbody');
    const heads = columns.map((column) => el('th', { scope: 'col' }, column));
    this.element = el(
      'table',
      {},
      el('caption', { class: 'unseen' }, caption),
      el('thead', {}, el('tr', {}, heads)),
      this.body,
    );
  }

  /** Shows exactly these items. */
  show(items) {
    const before = this.rows;
    this.rows = new Map();
    for (const item of items) {
      const key = this.of.key(item);
      const said = JSON.stringify(item);
      const known = before.get(key);
      const row = known ?? { element: el('tr'), said: '' };
      if (row.said !== said) this.#draw(row.element, item);
      this.rows.set(key, { element: row.element, said });
    }
    for (const [key, { element }] of before) if (!this.rows.has(key)) element.remove();
    this.#arrange();
  }

  /** Orders the rows, and moves only those that are out of place: a moved element loses the focus. */
  #arrange() {
    let place = this.body.firstElementChild;
    for (const { element } of this.rows.values()) {
      if (element === place) place = place.nextElementSibling;
      else this.body.insertBefore(element, place);
    }
  }

  #draw(row, item) {
    const cells = this.of.cells(item);
    refill(
      row,
      cells.map((cell, at) =>
        el('td', { 'data-label': this.columns[at], class: cell === NOTHING ? 'blank' : null }, cell),
      ),
    );
    const { onRow } = this.of;
    row.onclick = onRow ? (event) => event.target.closest('button, a') || onRow(item) : null;
    row.classList.toggle('clickable', Boolean(onRow));
  }
}
