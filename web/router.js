import { byId, el, fill } from './dom.js';

/**
 * Shows the part of the console that the URL names (`#/leases`), with the item in it (`#/sources/3`). The console can also
 * be opened at paths such as `/sessions`, which select the part of that name.
 *
 * @param {ReadonlyMap<string, { title: string, view: View }>} parts
 * @typedef {{ element: HTMLElement, show?(...within: string[]): unknown }} View `show`: called before it is shown
 * @returns {{ shown(): string, stop(): void }}
 */
export function startRouter(parts) {
  const [first] = parts.keys();
  const path = location.pathname.replaceAll('/', '');
  const home = parts.has(path) ? path : first;
  let shown = '';
  let address = '';
  const links = [...parts].map(([name, { title }]) => [name, el('a', { href: `#/${name}` }, title)]);
  fill(
    byId('tabs'),
    links.map(([, link]) => el('li', {}, link)),
  );

  function open(moveFocus) {
    const [asked, ...within] = location.hash.slice(2).split('/');
    const name = parts.has(asked) ? asked : home;
    const wanted = [name, ...within].join('/');
    if (wanted === address) return;
    [shown, address] = [name, wanted];
    const { title, view } = parts.get(name);
    document.title = `${title} · TeleGate`;
    for (const [of, link] of links) {
      if (of === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    view.show?.(...within);
    fill(byId('main'), view.element);
    if (moveFocus) view.element.querySelector('h1')?.focus({ preventScroll: true });
  }

  const onHash = () => open(true);
  window.addEventListener('hashchange', onHash);
  open(false);
  return {
    shown: () => shown,
    stop: () => window.removeEventListener('hashchange', onHash),
  };
}
