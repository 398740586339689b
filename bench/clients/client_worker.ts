import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PROJECT_ROOT } from '../../src/kernel/project.js';
import { nodeCommand } from '../programs.js';
import type { Command, Ended, Running, Workplace } from '../workplace.js';
import { Relay, type RelayMode, type Target } from './relay.js';
import type { WorkerEnvironment } from './worker_environment.js';

/** The Telegram libraries that workers use. */
export const LIBRARIES = ['gramjs', 'mtcute', 'telethon', 'kurigram'] as const;
export type Library = (typeof LIBRARIES)[number];

/** Which of a worker's connections are cut. */
export type Side = 'service' | 'telegram' | 'both';

/** Milliseconds since 1970; `until` is infinite while it lasts. */
export interface Period {
  readonly from: number;
  until: number;
}

export interface ClientWorkerParts {
  readonly name: string;
  readonly library: Library;
  readonly apiKey: string;
  readonly ttlSeconds: number;
  readonly python: string;
  readonly service: Relay;
  /** Data centre 1's, 2's, … */
  readonly centres: readonly Relay[];
}

/** Where the relays of a worker lead to. */
export interface Network {
  readonly service: Target;
  readonly centres: readonly Target[];
}

/** What a worker takes at most to notice that it was woken, or its system that its network is back, in milliseconds. */
const NOTICE_MS = 1_000;

/** A worker that is told to end has done so after this long, in milliseconds; else it is killed. */
const END_MS = 30_000;

/** A program that leases sessions through a client of TeleGate, and the network that it lives in. */
export class ClientWorker {
  readonly parts: ClientWorkerParts;
  /** When it was stopped by a signal. */
  readonly frozen: Period[] = [];
  /** When its connections to the data centres were silent. */
  readonly silenced: Period[] = [];
  /** Something is being done to it. */
  isTroubled = false;
  /** What was done to it last. */
  lastTrouble = 'nothing';
  /** When its present process was started, in milliseconds since 1970. */
  startedAt = 0;
  /** How its leases ended, in its own words. */
  readonly outcomes: string[] = [];
  /** What it said on ending by itself. */
  readonly fell: string[] = [];
  readonly #place: Workplace;
  #running: Running | null = null;

  private constructor(place: Workplace, parts: ClientWorkerParts) {
    this.#place = place;
    this.parts = parts;
  }

  static async start(
    place: Workplace,
    parts: Omit<ClientWorkerParts, 'service' | 'centres'>,
    { service, centres }: Network,
  ): Promise<ClientWorker> {
    const relays = {
      service: await Relay.start(service),
      centres: await Promise.all(centres.map((centre) => Relay.start(centre))),
    };
    place.afterwards(async () => {
      for (const relay of [relays.service, ...relays.centres]) relay.close();
    });
    const worker = new ClientWorker(place, { ...parts, ...relays });
    worker.start();
    return worker;
  }

  /** Whether it is connected to a data centre. */
  get isConnected(): boolean {
    return this.parts.centres.some(({ isUsed }) => isUsed);
  }

  start(): void {
    const running = this.#place.start(this.#command());
    this.#running = running;
    this.startedAt = Date.now();
    running.ended.then(
      (ended) => this.#note(ended, running),
      () => undefined,
    );
  }

  async kill(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.kill('SIGKILL');
    await running?.ended;
  }

  /** Lets it end what it does. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.kill('SIGTERM');
    const late = delay(END_MS, undefined, { ref: false }).then(() => running?.kill('SIGKILL'));
    await Promise.race([running?.ended, late.then(() => running?.ended)]);
  }

  async freeze(milliseconds: number): Promise<void> {
    this.#running?.kill('SIGSTOP');
    await during(this.frozen, milliseconds);
    this.#running?.kill('SIGCONT');
  }

  /** Once it listens to that. */
  async throwException(): Promise<void> {
    const running = this.#running;
    await running?.firstLine.catch(() => undefined);
    running?.kill('SIGUSR2');
  }

  async cut(side: Side, mode: RelayMode, milliseconds: number): Promise<void> {
    const { service, centres } = this.parts;
    const relays = [...(side === 'telegram' ? [] : [service]), ...(side === 'service' ? [] : centres)];
    for (const relay of relays) relay.behave(mode);
    await during(mode === 'silent' && side !== 'service' ? this.silenced : [], milliseconds);
    for (const relay of relays) relay.behave('open');
  }

  /** Whether it could not tell a data centre that it closed a connection, at this moment. */
  couldNotTell(at: number): boolean {
    return [...this.frozen, ...this.silenced].some(
      ({ from, until }) => from <= at && at <= until + NOTICE_MS,
    );
  }

  #note({ stdout, stderr, code }: Ended, running: Running): void {
    // The first line says only that it is ready.
    this.outcomes.push(...stdout.split('\n').slice(1).filter(Boolean));
    if (this.#running !== running || this.#place.closed) return;
    const after = `${code} after ${this.lastTrouble}`;
    this.fell.push(`${this.parts.name} ended with ${after}: ${stderr.slice(-2000)}`);
    this.start();
  }

  #command(): Command {
    const { library, python, service, centres, apiKey, ttlSeconds } = this.parts;
    const told: WorkerEnvironment = {
      TELEGATE_URL: `http://127.0.0.1:${service.port}`,
      TELEGATE_API_KEY: apiKey,
      DATA_CENTRE_PORTS: centres.map(({ port }) => port).join(','),
      LEASE_TTL: String(ttlSeconds),
    };
    if (library === 'gramjs' || library === 'mtcute')
      return nodeCommand(`${library}_worker`, [], { ...told });
    const script = join(PROJECT_ROOT, 'bench', 'clients', `${library}_worker.py`);
    const PYTHONPATH = join(PROJECT_ROOT, 'clients', 'python', 'src');
    return { program: python, args: [script], env: { ...told, PYTHONPATH } };
  }
}

async function during(periods: Period[], milliseconds: number): Promise<void> {
  const period = { from: Date.now(), until: Number.POSITIVE_INFINITY };
  periods.push(period);
  await delay(milliseconds);
  period.until = Date.now();
}
