import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { QueryConfig } from 'pg';
import type { AcquireRequest } from '../src/pool/store.js';
import { acquireStatement } from '../src/storage/postgres/acquire_statement.js';
import { releaseStatement } from '../src/storage/postgres/release_fast_path.js';
import type { PostgresServer } from './postgres_server.js';
import type { Workplace } from './workplace.js';

/** A plain acquire, without tags or other conditions. */
export const PLAIN_REQUEST: AcquireRequest = {
  leaseId: '',
  holder: 'bench',
  address: '192.0.2.1',
  maxLeases: null,
  ttlSeconds: 10_800,
  tags: [],
  sessionId: null,
  sessionName: null,
  alsoInactive: false,
  method: null,
  withCredentials: false,
  idempotencyKey: null,
};

/** Markers of the values that differ between leases, and the script variable for each. */
const NOW = 1_000_000_000_001;
const SESSION = 1_000_000_000_002;
const LEASE = 'lease';
const VARIABLES = new Map<unknown, string>([
  [NOW, ':now'],
  [SESSION, ':leased_id'],
  [LEASE, ':lease'],
]);

/** Leases and releases by the service's own two statements, without the service. */
export class Pgbench {
  readonly #place: Workplace;
  readonly #postgres: PostgresServer;
  readonly #script: string;

  private constructor(place: Workplace, postgres: PostgresServer, script: string) {
    this.#place = place;
    this.#postgres = postgres;
    this.#script = script;
  }

  static async make(place: Workplace, postgres: PostgresServer): Promise<Pgbench> {
    const path = join(place.directory, 'lease_cycle.sql');
    await writeFile(path, script());
    return new Pgbench(place, postgres, path);
  }

  /** Leases and releases for some time over a number of connections; returns pairs per second. */
  async run(connections: number, seconds: number): Promise<number> {
    const options = ['-n', '-M', 'prepared', '-c', String(connections), '-j', '1', '-T', String(seconds)];
    const now = ['-D', `now=${Date.now()}`];
    const args = [...options, ...now, '-f', this.#script, this.#postgres.url()];
    const said = await this.#place.run(this.#postgres.command('pgbench', args));
    const failed = Number(/number of failed transactions: (\d+)/.exec(said)?.[1] ?? 0);
    const pairs = Number(/^tps = ([\d.]+)/m.exec(said)?.[1]);
    if (failed > 0 || !(pairs > 0)) throw new Error(`pgbench failed: ${said}`);
    return pairs;
  }
}

/** Each client's clock advances by a millisecond per lease. */
function script(): string {
  const acquire = acquireStatement([{ ...PLAIN_REQUEST, leaseId: LEASE }], NOW, { patient: false, after: 0 });
  const ending = { sessionId: SESSION, leaseId: LEASE, holder: PLAIN_REQUEST.holder, address: null };
  const release = releaseStatement([ending], NOW, null);
  return [
    '\\set now :now + 1',
    '\\set lease random(1000000000000000000, 9000000000000000000)',
    `${filled(acquire)} \\gset leased_`,
    `${filled(release)};`,
    '',
  ].join('\n');
}

/** The statement with its values inserted: pgbench turns its variables into parameters again. */
function filled({ text, values = [] }: QueryConfig): string {
  // pgbench treats a name after a colon as a variable, even inside quotes.
  const readable = text.replace(/'(\w+:)(\w+)'/g, "('$1' || '$2')");
  return readable.replace(/\$(\d+)/g, (_, number) => literal(values[Number(number) - 1]));
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `ARRAY[${value.map(literal).join(', ')}]`;
  return VARIABLES.get(value) ?? (value === null ? 'NULL' : `'${String(value)}'`);
}
