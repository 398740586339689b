import { Api } from './api.js';
import { byId } from './dom.js';
import { createFiles } from './files.js';
import { createKeys } from './keys.js';
import { createLeases } from './leases.js';
import { Live } from './live.js';
import { createOverview } from './overview.js';
import { maySee } from './roles.js';
import { startRouter } from './router.js';
import { SessionPanel } from './session_panel.js';
import { createSessions } from './sessions.js';
import { forgetKey, showSignIn, storedKey, tryKey } from './sign_in.js';
import { createSources } from './sources.js';
import { keepTimesTrue } from './time.js';

const PARTS = [
  ['overview', 'Overview', createOverview],
  ['leases', 'Leases', createLeases],
  ['sessions', 'Sessions', createSessions],
  ['sources', 'Sources', createSources],
  ['files', 'Files', createFiles],
  ['keys', 'Keys', createKeys],
];

const CONNECTIONS = {
  live: ['Live', 'Changes appear as they happen'],
  polling: ['Every 5 s', 'No event stream: the status is polled every five seconds'],
  lost: ['No connection', 'Cannot reach the service; retrying every few seconds'],
};

/** Shows the console for this key, until the user signs out or the key is rejected. */
function startConsole(key, role) {
  const api = new Api(key, (error) => end(`${error.message}. Sign in again.`));
  const live = new Live(api);
  const panel = new SessionPanel({ api, live, role, changed: () => views.get('sessions')?.view.changed() });
  const openSession = (id) => void panel.open(id);
  const views = new Map();
  let router = null;
  for (const [name, title, create] of PARTS) {
    if (!maySee(role, name)) continue;
    const isShown = () => router?.shown() === name;
    views.set(name, { title, view: create({ api, live, role, openSession, isShown }) });
  }
  byId('role').textContent = role;
  byId('console').hidden = false;
  live.addEventListener('connection', ({ detail }) => showConnection(detail));
  router = startRouter(views);
  live.start(maySee(role, 'events'));
  byId('sign-out').onclick = () => {
    history.replaceState(null, '', '#/');
    end(null);
  };

  function end(reason) {
    if (router === null) return;
    live.stop();
    router.stop();
    router = null;
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close();
    panel.remove();
    forgetKey();
    byId('console').hidden = true;
    byId('main').replaceChildren();
    document.title = 'TeleGate';
    showSignIn(startConsole, reason);
  }
}

function showConnection(state) {
  const place = byId('connection');
  const [label, title] = CONNECTIONS[state];
  if (place.dataset.state === state) return;
  place.dataset.state = state;
  place.textContent = label;
  place.title = title;
}

async function main() {
  keepTimesTrue();
  const key = storedKey();
  if (!key) return showSignIn(startConsole);
  const { role, problem, refused } = await tryKey(key);
  if (role) return startConsole(key, role);
  if (refused) forgetKey();
  showSignIn(startConsole, problem);
}

void main();
