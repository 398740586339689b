/** A login with a code, step by step, until it becomes a session or is cancelled. */
export class Login {
  #api;
  #id = null;
  #named = false;
  #beginning = false;
  #givenUp = false;

  constructor(api) {
    this.#api = api;
  }

  /** Whether cancelling now would lose something. */
  get underWay() {
    return !this.#givenUp && (this.#beginning || this.#id !== null);
  }

  /** Requests a code. `request`: as the API expects it; with a `session_name` it is saved under that name. */
  async begin(request) {
    this.#named = request.session_name !== undefined;
    this.#beginning = true;
    try {
      const sent = await this.#api.send('POST', '/sessions/send-otp', request);
      this.#id = sent.temp_session_id;
      if (this.#givenUp) this.#cancel();
      return sent;
    } finally {
      this.#beginning = false;
    }
  }

  /** Requests the code again, delivered in the next way. */
  resend() {
    return this.#api.send('POST', '/sessions/resend-otp', { temp_session_id: this.#id });
  }

  /** Submits the code and the password; returns the session, or the password hint if a password is required. */
  async enter({ code, password }) {
    const body = { temp_session_id: this.#id, code, ...(password && { password }) };
    const answer = await this.#api.send('POST', '/sessions/verify-otp', body);
    if (answer.requires_password) return { session: null, hint: answer.password_hint ?? null };
    if (this.#givenUp && this.#named) throw new DOMException('This login was given up', 'AbortError');
    return { session: this.#named ? await this.save() : this.#done(answer), hint: null };
  }

  /** Saves the completed login, under this name or its own. */
  async save(name = null) {
    const body = { temp_session_id: this.#id, ...(name !== null && { name }) };
    return this.#done(await this.#api.send('POST', '/sessions/finalize', body));
  }

  /** Cancels the login. If its code is still being requested, it is cancelled right after that. */
  giveUp() {
    if (!this.underWay) return;
    this.#givenUp = true;
    if (this.#id !== null) this.#cancel();
  }

  #done(session) {
    this.#id = null;
    return session;
  }

  /** Not awaited: an abandoned login expires by itself a few minutes later. */
  #cancel() {
    this.#api.send('DELETE', `/sessions/temp/${this.#id}`).catch(() => undefined);
  }
}
