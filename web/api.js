/** Every route is available below this path, and no page is. */
const ROOT = '/api/v1';

/** The service's error codes in words. */
const CODES = {
  lease_lost: 'The lease has ended in the meantime: it was released or it expired',
  not_lease_holder: 'Another key holds this session',
  max_leases_reached: 'The key already holds its maximum number of leases',
  session_in_use: 'The session is in use',
};

/** An error response: its `code` tells which error it is, `message` is its `detail` in words. */
export class ApiError extends Error {
  constructor(status, { detail = null, code = null, field } = {}, retryAfter = null) {
    super(describe(detail) ?? `The service answered ${status}`);
    this.name = 'ApiError';
    this.status = status;
    this.detail = detail;
    this.code = code;
    this.field = field;
    this.retryAfter = retryAfter;
  }

  /** Whether the key itself is rejected, not just this request. */
  get keyRefused() {
    return this.status === 401 || this.code === 'invalid_api_key';
  }
}

/** A `detail` in any of its three forms as one line; null if there is none. */
export function describe(detail) {
  if (typeof detail === 'string') return detail;
  if (Array.isArray(detail))
    return detail.map(({ loc, msg }) => `${loc.slice(1).join('.')}: ${msg}`).join('; ');
  if (!detail || typeof detail.error !== 'string') return null;
  const words = detail.message ?? CODES[detail.error];
  return words ? `${words} (${detail.error})` : detail.error;
}

/** The service's API, called with one key. */
export class Api {
  /**
   * @param {string} key
   * @param {(error: ApiError) => void} onKeyRefused called when the service no longer accepts the key
   */
  constructor(key, onKeyRefused = () => {}) {
    this.key = key;
    this.onKeyRefused = onKeyRefused;
  }

  /** The response's JSON. @throws ApiError; Error if the service can't be reached. */
  async get(path, query = {}, signal = null) {
    return (await this.#ask('GET', path, { query, signal })).json();
  }

  /** Sends JSON or form data; the response's JSON. @throws as `get`. */
  async send(method, path, body = {}, signal = null) {
    const sent = body instanceof FormData ? body : JSON.stringify(body);
    return (await this.#ask(method, path, { body: sent, signal })).json();
  }

  /** The response as a file. @throws as `get`. */
  async download(path, query = {}) {
    return (await this.#ask('GET', path, { query, accept: '*/*' })).blob();
  }

  /** The body of a response that does not end. @throws as `get`. */
  async stream(path, signal) {
    return (await this.#ask('GET', path, { signal, accept: 'text/event-stream' })).body;
  }

  async #ask(method, path, { query = {}, body = null, signal = null, accept = 'application/json' }) {
    const search = new URLSearchParams(query).toString();
    const headers = { 'X-API-Key': this.key, Accept: accept };
    if (typeof body === 'string') headers['Content-Type'] = 'application/json';
    const url = `${ROOT}${path}${search && `?${search}`}`;
    const answer = await fetch(url, { method, headers, body, signal, cache: 'no-store' }).catch((error) => {
      if (error.name === 'AbortError') throw error;
      throw new Error('Cannot reach the service', { cause: error });
    });
    if (answer.ok) return answer;
    const error = await errorOf(answer);
    if (error.keyRefused) this.onKeyRefused(error);
    throw error;
  }
}

async function errorOf(answer) {
  const body = await answer.json().catch(() => ({}));
  const seconds = Number(answer.headers.get('Retry-After'));
  return new ApiError(answer.status, body, seconds > 0 ? seconds : null);
}
