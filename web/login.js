/** A login by a code, step by step: it is given up or becomes a session, and until then Telegram waits for it. */
export class Login {
  #api;
  #id = null;
  #named = false;
  #beginning = false;
  #givenUp = false;

  constructor(api) {
    this.#api = api;
  }

  /** Whether something would be lost, were it given up now. */
  get underWay() {
    return !this.#givenUp && (this.#beginning || this.#id !== null);
  }

  /** Has a code sent. `request`: as the service takes it; with a `session_name` it is saved by that name. */
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

  /** Has the code sent once more, by the next way. */
  resend() {
    return this.#api.send('POST', '/sessions/resend-otp', { temp_session_id: this.#id });
  }

  /** Gives Telegram the code, and the password: the session it became, or the hint of a password that is wanted. */
  async enter({ code, password }) {
    const body = { temp_session_id: this.#id, code, ...(password && { password }) };
    const answer = await this.#api.send('POST', '/sessions/verify-otp', body);
    if (answer.requires_password) return { session: null, hint: answer.password_hint ?? null };
    if (this.#givenUp && this.#named) throw new DOMException('This login was given up', 'AbortError');
    return { session: this.#named ? await this.save() : this.#done(answer), hint: null };
  }

  /** Saves what is logged in, by this name or by its own. */
  async save(name = null) {
    const body = { temp_session_id: this.#id, ...(name !== null && { name }) };
    return this.#done(await this.#api.send('POST', '/sessions/finalize', body));
  }

  /** Ends a login that is not to be. One whose code is only being sent ends when that is done. */
  giveUp() {
    if (!this.underWay) return;
    this.#givenUp = true;
    if (this.#id !== null) this.#cancel();
  }

  #done(session) {
    this.#id = null;
    return session;
  }

  /** Nobody waits for it: a login that is left alone ends by itself, a few minutes later. */
  #cancel() {
    this.#api.send('DELETE', `/sessions/temp/${this.#id}`).catch(() => undefined);
  }
}
