import { randomBytes } from 'node:crypto';
import { type Answer, Client } from './client.js';
import type { PostgresPrograms } from './postgres_programs.js';
import { PostgresServer } from './postgres_server.js';
import { Server } from './server.js';
import { writePlainFiles } from './session_files.js';
import type { Workplace } from './workplace.js';

/** The options of the replicas. */
export interface ReplicaSetOptions {
  readonly replicas: number;
  /** The number of files in SESSIONS_DIR. */
  readonly sessions: number;
  /** The route whose 200 means that one is up; `/ready` unless given. */
  readonly upWhen?: '/ready' | '/health';
}

/** Replicas of the service on one database with its own server; the first one syncs the files. */
export class ReplicaSet {
  readonly postgres: PostgresServer;
  readonly replicas: readonly Server[];

  private constructor(postgres: PostgresServer, replicas: readonly Server[]) {
    this.postgres = postgres;
    this.replicas = replicas;
  }

  /** Starts the server and, one after the other, the replicas. */
  static async start(
    place: Workplace,
    programs: PostgresPrograms,
    { replicas: count, sessions, upWhen = '/ready' }: ReplicaSetOptions,
  ): Promise<ReplicaSet> {
    writePlainFiles(await place.makeDirectory('sessions'), sessions);
    const postgres = await PostgresServer.start(place, programs);
    const shared = { DATABASE_URL: postgres.url(), ENCRYPTION_KEYS: randomBytes(32).toString('hex') };
    const replicas: Server[] = [];
    for (let number = 0; number < count; number += 1) {
      const own = {
        DATA_DIR: `${place.directory}/replica${number}`,
        SESSIONS_SYNC: number === 0 ? 'on' : 'off',
      };
      replicas.push(
        await Server.start(place, { program: 'telegate', settings: { ...shared, ...own }, upWhen }),
      );
    }
    return new ReplicaSet(postgres, replicas);
  }

  /** One client per replica, each with this many connections. */
  clients(connections: number): Client[] {
    return this.replicas.map(({ port }) => new Client(port, connections));
  }

  async stop(): Promise<void> {
    await Promise.all(this.replicas.map((replica) => replica.stop('SIGTERM')));
  }
}

/** Sends each request to the next replica, as a load balancer does. */
export class AnyReplica implements Pick<Client, 'ask'> {
  readonly #clients: readonly Client[];

  constructor(clients: readonly Client[]) {
    this.#clients = clients;
  }

  /** Rejects when no answer comes. */
  ask(...request: Parameters<Client['ask']>): Promise<Answer> {
    return this.any.ask(...request);
  }

  /** One of the clients, at random. */
  get any(): Client {
    const client = this.#clients[Math.floor(Math.random() * this.#clients.length)];
    if (!client) throw new Error('there are no replicas');
    return client;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}
