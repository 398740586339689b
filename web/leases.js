import { button, el, emptyState, fill, nameText } from './dom.js';
import { firstLease } from './hints.js';
import { Holders } from './holders.js';
import { attempt } from './messages.js';
import { Pager } from './pager.js';
import { invalidate, release } from './session_actions.js';
import { Table } from './table.js';
import { atMostEvery } from './throttle.js';
import { ago } from './time.js';

const REFRESH_MS = 2000;

/** The current leases. */
export function createLeases({ api, live, role, openSession, isShown }) {
  const holders = new Holders(api, role);
  const list = el('div');
  const pager = new Pager(() => attempt(load));
  const holder = (lease) => holders.name(lease.holder);
  const table = new Table('Current leases, oldest first', columnsFor(role), {
    key: (lease) => `${lease.session_id} ${lease.leased_at}`,
    cells: (lease) => [
      button(nameText(lease.session_name), () => openSession(lease.session_id), 'link'),
      nameText(holder(lease)),
      ago(lease.leased_at),
      ago(lease.expires_at),
      lease.renewed ? 'yes' : 'no',
      ...(role === 'admin' ? [actions(lease)] : []),
    ],
  });
  const actions = (lease) => {
    const session = { id: lease.session_id, name: lease.session_name, status: 'leased' };
    return el(
      'div',
      { class: 'row-actions' },
      button('Release', () => thenLoad(release(api, lease, holder(lease)))),
      button('Invalidate', () => thenLoad(invalidate(api, session, lease.lease_id)), 'danger'),
    );
  };
  const thenLoad = async (asked) => (await asked) && attempt(load);

  async function load() {
    const leases = pager.take(await api.get('/leases', pager.query), live.status?.in_use ?? null);
    if (leases.length === 0) return fill(list, nothingLeased());
    // `held_seconds` is not shown, and would change every row on each refresh.
    table.show(leases.map(({ held_seconds: _, ...lease }) => lease));
    if (table.element.parentElement !== list) fill(list, table.element);
  }

  const refresh = atMostEvery(REFRESH_MS, () => isShown() && load().catch(() => undefined));
  live.addEventListener('status', refresh);
  return {
    element: el('section', {}, el('h1', { tabindex: -1 }, 'Leases'), list, pager.element),
    show: () => attempt(() => holders.learn().then(load)),
  };
}

function columnsFor(role) {
  const columns = ['Session', 'Holder', 'Since', 'Expires', 'Renewed'];
  return role === 'admin' ? [...columns, 'Actions'] : columns;
}

function nothingLeased() {
  return emptyState('No current leases', el('p', {}, 'A worker leases a session like this:'), firstLease());
}
