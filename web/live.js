import { readEvents } from './server_sent_events.js';

const POLL_MS = 5000;
const FIRST_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

/** The service sends something every 15 s; a connection that is silent for this long is dead. */
const SILENCE_MS = 40_000;

/**
 * The pool's events as they happen: `status`, `session` and `sync`, with the service's data as `detail`; `change`
 * whenever some session may have changed; and `connection` (`live`, `polling`, `lost`). The status is polled if none
 * arrived for five seconds: there may be no stream, and waiting requests come and go without an event.
 */
export class Live extends EventTarget {
  #api;
  #ending = new AbortController();
  #streaming = false;
  #toldAt = 0;
  #timer = null;

  constructor(api) {
    super();
    this.#api = api;
    /** The last status; null: none yet. */
    this.status = null;
  }

  /** @param {boolean} streamed whether the key may open the stream */
  start(streamed) {
    if (streamed) void this.#run(this.#ending.signal);
    else void this.#ask();
    this.#timer = setInterval(() => Date.now() - this.#toldAt >= POLL_MS && this.#ask(), POLL_MS / 2);
  }

  stop() {
    this.#ending.abort();
    clearInterval(this.#timer);
  }

  async #run(signal) {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await this.#listen(signal, () => {
          failures = 0;
        });
      } catch {
        // The reason does not matter: reconnect, and poll the status until then.
      }
      this.#streaming = false;
      if (signal.aborted) return;
      void this.#ask();
      await pause(Math.min(FIRST_RETRY_MS * 2 ** failures, MAX_RETRY_MS));
    }
  }

  async #listen(signal, onConnected) {
    const line = new AbortController();
    const cut = () => line.abort();
    signal.addEventListener('abort', cut);
    let silence = setTimeout(cut, SILENCE_MS);
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(cut, SILENCE_MS);
    };
    try {
      for await (const { event, data } of readEvents(await this.#api.stream('/events', line.signal), heard)) {
        this.#streaming = true;
        onConnected();
        this.#tell('connection', 'live');
        this.#tell(event, data);
      }
    } finally {
      clearTimeout(silence);
      signal.removeEventListener('abort', cut);
    }
  }

  async #ask() {
    const { signal } = this.#ending;
    const status = await this.#api.get('/status', {}, signal).catch(() => null);
    if (signal.aborted) return;
    if (!this.#streaming) this.#tell('connection', status ? 'polling' : 'lost');
    if (status) this.#tell('status', status);
  }

  #tell(event, detail) {
    const before = this.status;
    if (event === 'status') {
      this.status = detail;
      this.#toldAt = Date.now();
    }
    this.dispatchEvent(new CustomEvent(event, { detail }));
    if (event === 'session' || event === 'sync' || (event === 'status' && differ(before, detail))) {
      this.dispatchEvent(new CustomEvent('change'));
    }
  }
}

/** Whether two statuses differ in more than the age of a lease. */
function differ(before, after) {
  const counts = (status) => JSON.stringify({ ...status, oldest_lease_seconds: null });
  return counts(before) !== counts(after);
}

/** With jitter, so that consoles do not all reconnect at the same moment. */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms * (0.75 + Math.random() / 2)));
}
