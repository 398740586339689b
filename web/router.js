import { byId, el, fill } from './dom.js';

/**
 * Shows one part of the console at a time, as the address says (`#/leases`). The console also opens at paths
 * such as `/sessions`, which then stand for the part of that name.
 *
 * @param {ReadonlyMap<string, { title: string, view: { element: HTMLElement, show?: () => unknown } }>} parts
 * @returns {{ shown(): string, stop(): void }}
 */
export function startRouter(parts) {
  const [first] = parts.keys();
  const path = location.pathname.replaceAll('/', '');
  const home = parts.has(path) ? path : first;
  let shown = '';
  const links = [...parts].map(([name, { title }]) => [name, el('a', { href: `#/${name}` }, title)]);
  fill(
    byId('tabs'),
    links.map(([, link]) => el('li', {}, link)),
  );

  function open(moveFocus) {
    const asked = location.hash.slice(2);
    const name = parts.has(asked) ? asked : home;
    if (name === shown) return;
    shown = name;
    const { title, view } = parts.get(name);
    document.title = `${title} · TeleGate`;
    for (const [of, link] of links) {
      if (of === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    fill(byId('main'), view.element);
    if (moveFocus) view.element.querySelector('h1')?.focus({ preventScroll: true });
    view.show?.();
  }

  const onHash = () => open(true);
  window.addEventListener('hashchange', onHash);
  open(false);
  return {
    shown: () => shown,
    stop: () => window.removeEventListener('hashchange', onHash),
  };
}
