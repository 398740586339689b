import type { ProxyAddress } from '../kernel/proxy.js';
import type { AccessStore } from './store.js';
import { PROXY_PASSWORD, type Vault } from './vault.js';

/** The row of a proxy, existing or new. Its password is encrypted. */
export async function proxyId(proxy: ProxyAddress, store: AccessStore, vault: Vault): Promise<number> {
  for (const known of await store.proxies()) {
    const same = known.type === proxy.type && known.host === proxy.host && known.port === proxy.port;
    if (!same || known.user !== proxy.user) continue;
    const pass =
      known.pass === null ? null : await vault.decrypt(known.pass, PROXY_PASSWORD).catch(() => undefined);
    if (pass === proxy.pass) return known.id;
  }
  const { type, host, port, user } = proxy;
  const pass = proxy.pass === null ? null : await vault.encrypt(proxy.pass, PROXY_PASSWORD);
  return store.addProxy({ type, host, port, user, pass });
}

/** The proxies whose `type://host:port` contains the text, whatever its case. */
export async function proxiesMatching(text: string, store: Pick<AccessStore, 'proxies'>): Promise<number[]> {
  const wanted = text.toLowerCase();
  const named = (await store.proxies()).map(({ id, type, host, port }) => ({
    id,
    name: `${type}://${host}:${port}`,
  }));
  return named.filter(({ name }) => name.toLowerCase().includes(wanted)).map(({ id }) => id);
}
