import { ApiError } from './api.js';

/** The extension of session files, which is not part of a session's name. */
const ENDING = /\.session$/i;

/**
 * Uploads files one after the other: each is checked with Telegram.
 *
 * @typedef {{ file: File, state: 'waiting' | 'checking' | 'saved' | 'refused', session: object | null,
 *   error: Error | null }} Upload
 */
export class Uploads {
  #api;
  #application;
  #onChange;
  #stopped = new AbortController();
  #running = false;
  /** @type {Upload[]} */
  all = [];

  /**
   * @param {object} api
   * @param {() => object} application returns the application to use, called for each file
   * @param {(upload: Upload) => void} onChange called for each change of each file
   */
  constructor(api, application, onChange) {
    this.#api = api;
    this.#application = application;
    this.#onChange = onChange;
  }

  /** The number of files that are neither saved nor refused yet. */
  get left() {
    return this.all.filter(({ state }) => state === 'waiting' || state === 'checking').length;
  }

  add(files) {
    const added = files.map((file) => ({ file, state: 'waiting', session: null, error: null }));
    this.all.push(...added);
    for (const upload of added) this.#onChange(upload);
    void this.#run();
  }

  /** Retries a refused file. */
  again(upload) {
    this.#change(upload, { state: 'waiting', error: null });
    void this.#run();
  }

  /** Stops; files that were not sent yet are not uploaded. */
  stop() {
    this.#stopped.abort();
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#next(); next; next = this.#next()) await this.#send(next);
    this.#running = false;
  }

  #next() {
    return this.#stopped.signal.aborted ? undefined : this.all.find(({ state }) => state === 'waiting');
  }

  async #send(upload) {
    this.#change(upload, { state: 'checking' });
    try {
      const form = formOf(upload.file, this.#application());
      const session = await this.#api.send('POST', '/sessions/upload-file', form, this.#stopped.signal);
      this.#change(upload, { state: 'saved', session });
    } catch (error) {
      this.#change(upload, { state: 'refused', error });
    }
  }

  #change(upload, change) {
    Object.assign(upload, change);
    this.#onChange(upload);
  }
}

function formOf(file, application) {
  if (!ENDING.test(file.name))
    throw new ApiError(400, {
      detail: 'Only files that end in .session are accepted',
      code: 'not_a_session',
    });
  const form = new FormData();
  form.append('session_name', file.name.replace(ENDING, ''));
  for (const [name, value] of Object.entries(application)) form.append(name, value);
  form.append('session_file', file);
  return form;
}
