/** An answer of the service's. */
export interface Answer<Body> {
  readonly status: number;
  /** As it came, digit for digit. */
  readonly text: string;
  readonly body: Body;
  /** The body, where the status is this one. @throws Error that shows what it was answered with. */
  must(status: number): Body;
}

/** A session that was leased, as far as journeys use it. */
export interface Lease {
  readonly session_id: number;
  readonly session_name: string;
  readonly session_file: string;
  readonly lease_id: string;
  readonly phone_number: string;
  readonly session_string: string;
}

/** A session as an admin sees it: the fields that journeys use. */
export interface Listed {
  readonly id: number;
  readonly name: string;
  readonly phone_number: string | null;
  readonly is_active: string;
  readonly status: string;
  readonly status_reason: string | null;
}

/** Asks the service over HTTP, with one key. */
export class Client {
  readonly #baseUrl: string;
  readonly #key: string;

  constructor(baseUrl: string, key: string) {
    this.#baseUrl = baseUrl;
    this.#key = key;
  }

  get<Body>(path: string): Promise<Answer<Body>> {
    return this.#ask('GET', path);
  }

  /** Posts JSON; without a body, nothing. */
  post<Body>(path: string, body?: object): Promise<Answer<Body>> {
    return this.#ask('POST', path, body);
  }

  delete<Body>(path: string): Promise<Answer<Body>> {
    return this.#ask('DELETE', path);
  }

  /** Leases a session with its string. @throws Error where none is free. */
  async lease(query: string): Promise<Lease> {
    return (await this.get<Lease>(`/session?credentials=string&${query}`)).must(200);
  }

  async release({ session_id, lease_id }: Lease): Promise<void> {
    (await this.post(`/release?session_id=${session_id}&lease_id=${lease_id}`)).must(200);
  }

  async sessions(): Promise<Listed[]> {
    return (await this.get<Listed[]>('/sessions')).must(200);
  }

  async #ask<Body>(method: string, path: string, body?: object): Promise<Answer<Body>> {
    const answer = await fetch(`${this.#baseUrl}${path}`, {
      method,
      headers: { 'X-API-Key': this.#key, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const { status } = answer;
    const text = await answer.text();
    const parsed: Body = JSON.parse(text);
    return {
      ...{ status, text, body: parsed },
      must(wanted) {
        if (status === wanted) return parsed;
        throw new Error(`${method} ${path} was answered with ${status} instead of ${wanted}: ${text}`);
      },
    };
  }
}
