import { ask } from './ask.js';
import { el } from './dom.js';
import { say } from './messages.js';

/** A proxy as a URL without its password, which the API does not return. Null: there is none. */
export function proxyUrl(proxy) {
  if (!proxy) return null;
  const { type, host, port, user } = proxy;
  const server = host.includes(':') ? `[${host}]` : host;
  return `${type}://${user ? `${encodeURIComponent(user)}@` : ''}${server}:${port}`;
}

/** Asks for a session's proxy and saves it. */
export function editProxy(api, session) {
  const before = proxyUrl(session.proxy) ?? '';
  return ask({
    title: `Proxy of ${session.name}`,
    text: [
      before
        ? el(
            'p',
            {},
            'Leave empty to connect directly. The password is not shown; a new URL must include it.',
          )
        : el('p', {}, 'This session connects to Telegram directly.'),
    ],
    fields: [
      {
        name: 'proxy',
        label: 'Proxy URL',
        value: before,
        placeholder: 'socks5://user:password@host:1080',
        maxlength: 1000,
        spellcheck: 'false',
        autocapitalize: 'none',
        hint: 'socks5, socks4 or http; or mtproxy://host:port?secret=… Leave empty for none.',
      },
    ],
    confirm: 'Save proxy',
    progress: 'Saving…',
    async run({ proxy }) {
      const url = proxy.trim();
      // An unchanged URL lacks the password, and would overwrite the stored one.
      if (url === before) return;
      await api.send('PUT', `/sessions/${session.id}`, { proxy: url });
      say(url ? 'Proxy saved' : `${session.name} connects to Telegram directly`);
    },
  });
}
