/**
 * Makes an element. What is given as text becomes text and nothing else: names come from file names, and no
 * file name may become markup.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes] `onclick` and the like add a listener; true sets an empty
 *   attribute; false, null and undefined set none.
 * @param {...unknown} children elements, texts, or lists of them; null, undefined and false are left out
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined)
      element.setAttribute(name, String(value));
  }
  fill(element, ...children);
  return element;
}

/** Puts children in the place of whatever the element held. */
export function fill(element, ...children) {
  const present = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  element.replaceChildren(...present.map((child) => (child instanceof Node ? child : String(child))));
}

/** As `fill`, for what is shown anew: whoever is on a button or link in it is on the same one afterwards. */
export function refill(element, ...children) {
  const focused = [...element.querySelectorAll('button, a')].indexOf(document.activeElement);
  fill(element, ...children);
  if (focused >= 0) element.querySelectorAll('button, a')[focused]?.focus();
}

/** The element of the page with this id. @throws Error where there is none. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return element;
}

/** What a cell says that has nothing to say; on a narrow screen it is left out. */
export const NOTHING = '–';

/** A name that somebody chose, kept from turning round the text beside it. */
export function nameText(name) {
  return el('bdi', { class: 'name' }, name);
}

/** A button; `kind`: `primary`, `danger`, `quiet`, or nothing. */
export function button(label, onclick, kind = '', attributes = {}) {
  return el('button', { type: 'button', class: kind, onclick, ...attributes }, label);
}

/** What stands in place of a list that is empty: what that means, and what to do next. */
export function emptyState(title, ...next) {
  return el('div', { class: 'empty card' }, el('h3', {}, title), ...next);
}

/** Keeps a button from being pressed twice while its work is under way; `progress`: what it says meanwhile. */
export async function whileBusy(element, work, progress = null) {
  if (element.getAttribute('aria-busy') === 'true') return;
  const label = [...element.childNodes];
  element.setAttribute('aria-busy', 'true');
  if (progress !== null) {
    // A button that shrinks under the pointer moves those beside it.
    element.style.minWidth = `${element.offsetWidth}px`;
    element.replaceChildren(progress);
  }
  try {
    await work();
  } finally {
    element.removeAttribute('aria-busy');
    if (progress !== null) element.replaceChildren(...label);
    element.style.minWidth = '';
  }
}
