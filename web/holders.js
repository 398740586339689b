/**
 * Who holds a lease, in words. The service names a holder `key:3`, or `env:1a2b` for a key of the setting
 * API_KEYS; admins may know which name the key has.
 */
export class Holders {
  #api;
  #names = new Map();

  constructor(api, role) {
    this.#api = role === 'admin' ? api : null;
  }

  /** Learns the names of the keys. One that can't be learned is no reason to show no leases. */
  async learn() {
    const keys = await this.#api?.get('/keys').catch(() => []);
    for (const { id, name } of keys ?? []) this.#names.set(`key:${id}`, name);
  }

  /** `scrapers (key:3)`, or the bare holder where the name is not known. */
  name(holder) {
    const name = this.#names.get(holder);
    return name ? `${name} (${holder})` : holder;
  }
}
