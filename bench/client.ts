import { Agent, type IncomingMessage, request } from 'node:http';
import { monotonicMs } from './statistics.js';

/** The admin key that every server here is started with. */
export const API_KEY = 'benchmark-admin-key';

/** A worker key, for servers that are configured with it. */
export const WORKER_KEY = 'benchmark-worker-key';

/** An answer, with the times of the request and of its arrival, on the monotonic clock. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** A lease as a server returned it. */
export interface LeaseAnswer {
  readonly session_id: number;
  readonly lease_id: string;
}

/** No request takes longer unless its server is gone, in milliseconds. */
const PATIENCE_MS = 90_000;

/** Sends requests to one server, over keep-alive connections. */
export class Client {
  readonly #port: number;
  readonly #agent: Agent;

  constructor(port: number, connections = 1) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
  }

  /** Sends a request, from `localAddress` if given. Rejects if no answer comes. */
  ask(
    method: 'GET' | 'POST',
    path: string,
    headers: Readonly<Record<string, string>> = {},
    localAddress?: string,
  ): Promise<Answer> {
    const sentAt = monotonicMs();
    const options = {
      host: '127.0.0.1',
      port: this.#port,
      agent: this.#agent,
      method,
      path,
      headers: { 'X-API-Key': API_KEY, ...(method === 'POST' ? { 'Content-Length': '0' } : {}), ...headers },
      timeout: PATIENCE_MS,
      ...(localAddress && { localAddress }),
    };
    return new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        collect(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, body, sentAt, answeredAt: monotonicMs() }),
          reject,
        );
      });
      asked.once('timeout', () => asked.destroy(new Error(`no answer to ${method} ${path}`)));
      asked.once('error', reject);
      asked.end();
    });
  }

  /** Leases a session. Rejects if none is available. */
  async lease(query = ''): Promise<LeaseAnswer & Answer> {
    const answer = await this.ask('GET', `/session${query}`);
    if (answer.status !== 200) throw new Error(`/session answered ${answer.status}: ${answer.body}`);
    return { ...answer, ...readLease(answer.body) };
  }

  /** Releases a session. Rejects if that is refused. */
  async release({ session_id, lease_id }: LeaseAnswer): Promise<Answer> {
    const answer = await this.ask('POST', `/release?session_id=${session_id}&lease_id=${lease_id}`);
    if (answer.status !== 200) throw new Error(`/release answered ${answer.status}: ${answer.body}`);
    return answer;
  }

  /** Releases every lease, regardless of its holder. */
  async releaseAll(): Promise<void> {
    for (;;) {
      const { body } = await this.ask('GET', '/leases?limit=1000');
      const leases = JSON.parse(body) as LeaseAnswer[];
      if (leases.length === 0) return;
      await Promise.all(leases.map((lease) => this.release(lease)));
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The lease in the body of an answer. */
export function readLease(body: string): LeaseAnswer {
  const { session_id, lease_id } = JSON.parse(body) as LeaseAnswer;
  return { session_id, lease_id };
}

async function collect(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}
