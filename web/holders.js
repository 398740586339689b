/**
 * Display names of holders. The service names a holder `key:3`, or `env:1a2b` for a key in API_KEYS; only admins can
 * look up the key's name.
 */
export class Holders {
  #api;
  #names = new Map();

  constructor(api, role) {
    this.#api = role === 'admin' ? api : null;
  }

  /** Loads the names of the keys. A failure is ignored: leases can be shown without them. */
  async learn() {
    const keys = await this.#api?.get('/keys').catch(() => []);
    for (const { id, name } of keys ?? []) this.#names.set(`key:${id}`, name);
  }

  /** `scrapers (key:3)`, or just the holder if the name is unknown. */
  name(holder) {
    const name = this.#names.get(holder);
    return name ? `${name} (${holder})` : holder;
  }
}
