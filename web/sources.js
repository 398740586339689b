import { SourcePage } from './source_page.js';
import { createSourcesList } from './sources_list.js';

/** The sources: the list, or the page of the one that the URL names. */
export function createSources({ isShown, ...context }) {
  const list = createSourcesList({ ...context, isShown: () => isShown() && shown === list });
  let page = null;
  let shown = list;

  function pageOf(id) {
    if (page?.id === id) return page;
    page?.close();
    const made = new SourcePage({ ...context, id, isShown: () => isShown() && shown === made });
    page = made;
    return made;
  }

  return {
    get element() {
      return shown.element;
    },
    /** @param {string} [id] of a source */
    show(id = '') {
      shown = /^[1-9]\d{0,14}$/.test(id) ? pageOf(Number(id)) : list;
      void shown.open();
    },
  };
}
