import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../../sandbox/sandbox.js';
import type { Seed } from '../../sandbox/world/seed.js';
import { sandboxIn } from '../sandbox/sandbox_in.js';
import { until } from '../service/manual_time.js';
import { KEYS } from '../service/service.js';
import { makeServiceDatabase } from '../service/service_database.js';
import { Client } from './client.js';
import type { ProgramWish } from './service_program.js';

const PROGRAM = fileURLToPath(new URL('./service_program.js', import.meta.url));

/** A service that can be killed while Telegram, in the test's process, keeps running. */
export class KillableService {
  readonly sandbox: Sandbox;
  readonly #directory: string;
  readonly #settings: Readonly<Record<string, string>>;
  #process: ChildProcess | null = null;

  /** `settings`: besides those that every such service has. */
  constructor(sandbox: Sandbox, directory: string, settings: Readonly<Record<string, string>>) {
    this.sandbox = sandbox;
    this.#directory = directory;
    this.#settings = settings;
  }

  /** Starts it, over the same directories as before; resolves once it listens. */
  async start(): Promise<Client> {
    const { addresses, port, rsaPublicKey } = this.sandbox;
    const { modulus, exponent, fingerprint } = rsaPublicKey;
    const rsaKey = { modulus: `${modulus}`, exponent, fingerprint: `${fingerprint}` };
    const wish: ProgramWish = { addresses, port, rsaKey, settings: this.#whole() };
    const started = spawn(process.execPath, [PROGRAM, JSON.stringify(wish)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#process = started;
    let url = '';
    started.stdout.on('data', (chunk) => {
      url += chunk;
    });
    await until(() => url.endsWith('\n') || started.exitCode !== null);
    return new Client(url.trim(), KEYS.admin);
  }

  /** Kills it without a word. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null) return;
    running.kill('SIGKILL');
    await until(() => running.signalCode !== null || running.exitCode !== null);
  }

  /** The service's directory. */
  get dataDir(): string {
    return join(this.#directory, 'data');
  }

  #whole(): Record<string, string> {
    return {
      DATA_DIR: this.dataDir,
      SESSIONS_DIR: join(this.#directory, 'sessions'),
      API_KEYS: KEYS.admin,
      TELEGRAM_API_ID: '12345',
      TELEGRAM_API_HASH: '0123456789abcdef0123456789abcdef',
      SYNC_CRON: 'off',
      LOG_LEVEL: 'error',
      ...this.#settings,
    };
  }
}

/** Runs a test with data centres (of this seed) and a service that may be killed; both are deleted afterwards. */
export function withKillableService(
  test: (service: KillableService) => Promise<void>,
  {
    seed,
    settings = {},
  }: { readonly seed?: Seed; readonly settings?: Readonly<Record<string, string>> } = {},
): () => Promise<void> {
  return async () => {
    const directory = mkdtempSync(join(tmpdir(), 'killable-'));
    const sandbox = await sandboxIn(join(directory, 'telegram'), seed);
    const database = await makeServiceDatabase();
    const service = new KillableService(sandbox, directory, { ...database.settings, ...settings });
    try {
      await test(service);
    } finally {
      await service.kill();
      await sandbox.close();
      await database.drop();
      rmSync(directory, { recursive: true, force: true });
    }
  };
}
